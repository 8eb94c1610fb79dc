import type { ActionResult } from '../cache/action-cache.ts';
import { executeAction } from './action-execution.ts';
import type { BuildSession, IdentifiedAction } from './build-session.ts';
import type { Failure } from './failure.ts';
import { UNEXPLAINED } from './failure-explanation.ts';
import type { Result } from './result.ts';

/** How the commands of a build are run: each for itself, or shared with the builds before (`CommandPool`). */
export interface CommandRunner {
  /** An action's inputs are known, and so is whether the store has its result. Told before it is queued. */
  identified(action: IdentifiedAction, state: 'stored' | 'missing'): void;
  /** Runs the command and keeps its result in the store; `tell` gets what it writes, a line at a time. */
  run(
    action: IdentifiedAction,
    tell: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Result<ActionResult, Failure>>;
}

/** Runs each command when it is asked for. */
export function directRunner(session: BuildSession): CommandRunner {
  return {
    identified: () => undefined,
    run: (action, tell, signal) => runCommand(session, action, tell, signal),
  };
}

/** Runs a command and puts its result into the store. */
export async function runCommand(
  session: BuildSession,
  { action, files, fingerprint }: IdentifiedAction,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Result<ActionResult, Failure>> {
  const { blobs, memo, tools, options, clock } = session;
  const { cacheRoot, folder, execution: policy, emit, explain = UNEXPLAINED } = options;
  const context = { cacheRoot, folder, blobs, memo, tools, policy, emit, signal, clock, explain };
  const result = await executeAction(action, files, tell, context);
  if (result.ok) session.keeper.keep(fingerprint, result.value);
  return result;
}
