import type { ActionHistory, Identity } from './action-history.ts';
import type { PlannedAction } from './build-plan.ts';
import type { Failure } from './failure.ts';
import { nearestName } from './nearest-name.ts';
import { fail, ok, type Result } from './result.ts';

/** One side of a comparison. */
export interface ComparedAction {
  readonly id: string;
  readonly identity: Identity;
  /** Whether it is the action as it is now, or what is remembered of an earlier result. */
  readonly from: 'present' | 'past';
}

/** Fewer digits of a fingerprint than this say too little. */
export const isFingerprintStart = (name: string): boolean => /^[0-9a-f]{8,64}$/.test(name);

/**
 * What a name on the command line stands for: an action of the graph as it is now (as its last result was,
 * where that cannot be known before another has run), or the first digits of an earlier fingerprint.
 */
export function comparedAction(
  name: string,
  plan: readonly PlannedAction[],
  history: ActionHistory,
): Result<ComparedAction, Failure> {
  const planned = plan.find(({ id }) => id === name);
  if (planned?.identity !== undefined) {
    return ok({ id: name, identity: planned.identity, from: 'present' });
  }
  const last = planned === undefined ? undefined : history.get(name);
  if (last !== undefined) return ok({ id: name, identity: last, from: 'past' });
  if (planned !== undefined) {
    return fail({
      kind: 'unknown-name',
      what: 'action',
      name,
      message: `\`${name}\` never had a result here, and what decides it is known only after others have run`,
      hint: `rwkv-build ${planned.task}`,
    });
  }
  const [found] = isFingerprintStart(name) ? history.withFingerprint(name) : [];
  if (found !== undefined) return ok({ id: found.id, identity: found.entry, from: 'past' });
  const nearest = nearestName(
    name,
    plan.map(({ id }) => id),
  );
  return fail({
    kind: 'unknown-name',
    what: 'action',
    name,
    message: isFingerprintStart(name)
      ? `no result with a fingerprint that starts with ${name} is remembered for this pipeline`
      : `there is no action \`${name}\``,
    hint: nearest === undefined ? 'rwkv-build plan --json lists the actions' : `did you mean \`${nearest}\`?`,
    ...(nearest === undefined ? {} : { nearest }),
  });
}
