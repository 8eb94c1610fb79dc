import { comparedAction, isFingerprintStart } from '../../engine/action-comparison.ts';
import type { PlannedAction } from '../../engine/build-plan.ts';
import { BETWEEN_TWO, changeLines } from '../../engine/change-text.ts';
import { manifestChanges } from '../../engine/explanation.ts';
import type { Failure } from '../../engine/failure.ts';
import { nearestName } from '../../engine/nearest-name.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { paletteFor } from '../reporters/palette.ts';
import { figuresText, reasonText, stateText } from '../reporters/plan-text.ts';
import { failUsage } from './command-failure.ts';
import { plannedEvent, planTargets } from './plan.ts';

/** Prints, for a task or one action, what changed since its last result, and what is reused all the same. */
export async function why(name: string, options: BuildOptions): Promise<number> {
  const task = taskOf(name);
  const planned = await planTargets([task], options);
  if (typeof planned === 'number') return planned;
  const { actions, figures, graph } = planned;
  const wanted = actions.filter(({ id }) => (name === task ? graph.requested.has(id) : id === name));
  if (wanted.length === 0) return failUsage([unknownAction(name, actions)], options);
  if (options.json) {
    for (const action of wanted) process.stdout.write(`${JSON.stringify(plannedEvent('why', action))}\n`);
    process.stdout.write(`${JSON.stringify({ type: 'plan', jobs: options.jobs, ...figures })}\n`);
    return EXIT.ok;
  }
  const palette = paletteFor(process.stdout);
  for (const { id, state, reasons } of wanted) {
    process.stdout.write(`${palette.bold(id)}: ${stateText(state, palette)}\n`);
    for (const reason of reasons) process.stdout.write(`${reasonText(reason, '  ', palette)}\n`);
  }
  process.stdout.write(`${figuresText(figures, options.jobs).join('\n')}\n`);
  return EXIT.ok;
}

/** Prints in what two actions differ; each is an action or the first digits of an earlier fingerprint. */
export async function compare(first: string, second: string, options: BuildOptions): Promise<number> {
  const tasks = [first, second].filter((name) => !isFingerprintStart(name)).map(taskOf);
  const planned = await planTargets([...new Set(tasks)], options);
  if (typeof planned === 'number') return planned;
  const { actions, session } = planned;
  const sides = [first, second].map((name) => comparedAction(name, actions, session.history));
  const failures = sides.flatMap((side) => (side.ok ? [] : [side.failure]));
  if (failures.length > 0) return failUsage(failures, options);
  const [one, other] = sides.flatMap((side) => (side.ok ? [side.value] : []));
  if (one === undefined || other === undefined) return EXIT.usage;
  const changes = manifestChanges(one.identity.manifest, other.identity.manifest);
  if (options.json) {
    const side = ({ id, identity, from }: typeof one): object => ({
      id,
      from,
      fingerprint: identity.fingerprint,
    });
    const event = { type: 'comparison', first: side(one), second: side(other), changes };
    process.stdout.write(`${JSON.stringify(event)}\n`);
    return EXIT.ok;
  }
  const palette = paletteFor(process.stdout);
  for (const [word, { id, identity, from }] of [
    ['first', one],
    ['second', other],
  ] as const) {
    const when = from === 'past' ? ' (a result of before)' : '';
    const digits = palette.dim(identity.fingerprint.slice(0, 12));
    process.stdout.write(`${word}: ${palette.bold(id)} ${digits}${when}\n`);
  }
  const lines = changes.length > 0 ? changeLines(changes, BETWEEN_TWO) : ['they are the same action'];
  for (const line of lines) process.stdout.write(`${reasonText(line, '  ', palette)}\n`);
  return EXIT.ok;
}

/** The task of an action's id. */
const taskOf = (id: string): string => id.split('/')[0] ?? id;

function unknownAction(name: string, actions: readonly PlannedAction[]): Failure {
  const ids = actions.map(({ id }) => id);
  const nearest = nearestName(name, ids);
  const hint = nearest === undefined ? `its actions: ${ids.join(', ')}` : `did you mean \`${nearest}\`?`;
  return { kind: 'unknown-name', what: 'action', name, message: `there is no action \`${name}\``, hint };
}
