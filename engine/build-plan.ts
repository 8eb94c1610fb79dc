import type { ActionGraph } from './action-graph.ts';
import type { BuildSession } from './build-session.ts';
import type { Failure } from './failure.ts';
import { ok, type Result } from './result.ts';

/**
 * What a build would do with an action. `may-run`: an action before it has to run, and only its outputs can
 * tell (an unchanged output stops the change there).
 */
export type PlannedState = 'cached' | 'run' | 'may-run';

export interface PlannedAction {
  readonly id: string;
  readonly task: string;
  readonly state: PlannedState;
  /** Why, in sentences; empty for a cached one. */
  readonly reasons: readonly string[];
  /** How long its command took the last time; undefined when it never ran here. */
  readonly lastSeconds: number | undefined;
}

/** Says what building the graph would run and why, without running anything. */
export async function planBuild(
  graph: ActionGraph,
  session: BuildSession,
): Promise<Result<readonly PlannedAction[], Failure>> {
  const plan: PlannedAction[] = [];
  const unknown = new Set<string>();
  for (const action of graph.actions.values()) {
    const { id, task } = action;
    const lastSeconds = session.history.get(id)?.seconds;
    const waiting = action.dependencies.filter((dependency) => unknown.has(dependency));
    if (waiting.length > 0) {
      unknown.add(id);
      const reasons = waiting.map((dependency) => `it takes an output of ${dependency}`);
      const never = lastSeconds === undefined;
      plan.push({ id, task, state: never ? 'run' : 'may-run', reasons, lastSeconds });
      continue;
    }
    const identified = await session.identify(action);
    if (!identified.ok) return identified;
    const stored = await session.lookUp(identified.value);
    if (stored === undefined) {
      unknown.add(id);
      plan.push({ id, task, state: 'run', reasons: session.reasons(identified.value), lastSeconds });
    } else {
      session.settle(identified.value, stored);
      plan.push({ id, task, state: 'cached', reasons: [], lastSeconds });
    }
  }
  return ok(plan);
}
