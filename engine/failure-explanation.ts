import type { Action } from './action-graph.ts';
import type { Failure } from './failure.ts';
import type { FailedRun, FailureExplanation } from './kind.ts';
import { findParameter } from './parameter-place.ts';

/** What the kind of an action's task makes of its failed command. */
export type FailureExplainer = (action: Action, failed: FailedRun) => FailureExplanation | undefined;

/** Where nobody knows the kinds. */
export const UNEXPLAINED: FailureExplainer = () => undefined;

/** A command's failure with what its kind makes of it, and the line of the pipeline that can be changed. */
export async function explainedFailure(
  failure: Failure,
  action: Action,
  ended: string,
  said: string,
  explain: FailureExplainer,
): Promise<Failure> {
  if (failure.kind !== 'action-failed') return failure;
  const explanation = explain(action, { spec: action.spec, ended, said });
  if (explanation === undefined) return failure;
  const message = `${failure.message}\n${explanation.message}`;
  const place = await findParameter(action, explanation.parameters);
  if (place === undefined) return { ...failure, message, hint: explanation.hint };
  const { parameter, location } = place;
  const where = `\`${parameter}\` is set in ${location.file}:${location.line}`;
  return { ...failure, message, hint: `${explanation.hint}; ${where}`, parameter, location };
}
