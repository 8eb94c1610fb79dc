import type { Action, ActionGraph } from './action-graph.ts';
import type { Identity } from './action-history.ts';
import { type BuildSession, reasonLines } from './build-session.ts';
import type { Change } from './explanation.ts';
import type { Failure } from './failure.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * What a build would do with an action. `may-run`: an action before it has to run, and only its outputs can
 * tell (an unchanged output stops the change there).
 */
export type PlannedState = 'cached' | 'run' | 'may-run';

export interface PlannedAction {
  readonly id: string;
  readonly task: string;
  readonly state: PlannedState;
  /** Why, in sentences; empty for a cached one. A line that belongs to the one above is indented. */
  readonly reasons: readonly string[];
  /** The same as facts; empty where there was no earlier result or nothing is known yet. */
  readonly changes: readonly Change[];
  /** How long its command took the last time; undefined when it never ran here. */
  readonly lastSeconds: number | undefined;
  /** The inputs are all known, and so is this; undefined for what comes after an action that has to run. */
  readonly identity: Identity | undefined;
}

/** Says what building the graph would run and why, without running or remembering anything. */
export async function planBuild(
  graph: ActionGraph,
  session: BuildSession,
): Promise<Result<readonly PlannedAction[], Failure>> {
  const planning = new Planning(session);
  for (const action of graph.actions.values()) {
    const failure = await planning.add(action);
    if (failure !== undefined) return fail(failure);
  }
  return ok([...planning.planned.values()]);
}

/** Of the actions that another waits for, and of the reasons of one, this many are told. */
const SHOWN_SOURCES = 2;
const SHOWN_REASONS = 4;

class Planning {
  readonly planned = new Map<string, PlannedAction>();
  /** For each action that may have to run, one that has to and that it depends on. */
  private readonly roots = new Map<string, string>();
  private readonly session: BuildSession;

  constructor(session: BuildSession) {
    this.session = session;
  }

  async add(action: Action): Promise<Failure | undefined> {
    const waiting = action.dependencies.filter((id) => this.planned.get(id)?.state !== 'cached');
    const one = waiting.length > 0 ? ok(this.waiting(action, waiting)) : await this.ready(action);
    if (!one.ok) return one.failure;
    this.planned.set(action.id, one.value);
    return undefined;
  }

  private async ready(action: Action): Promise<Result<PlannedAction, Failure>> {
    const { id, task } = action;
    const identified = await this.session.identify(action);
    if (!identified.ok) return identified;
    const { identity } = identified.value;
    const stored = await this.session.lookUp(identified.value);
    const lastSeconds = this.session.history.get(id)?.seconds ?? stored?.seconds;
    if (stored !== undefined) {
      this.session.adopt(identified.value, stored);
      return ok({ id, task, state: 'cached', reasons: [], changes: [], lastSeconds, identity });
    }
    const changes = this.session.changes(identified.value);
    const reasons = reasonLines(changes);
    return ok({ id, task, state: 'run', reasons, changes: changes ?? [], lastSeconds, identity });
  }

  private waiting({ id, task }: Action, waiting: readonly string[]): PlannedAction {
    const lastSeconds = this.session.history.get(id)?.seconds;
    const planned = { id, task, changes: [], lastSeconds, identity: undefined };
    // One that never had a result has to run whatever comes out before it.
    if (lastSeconds === undefined) return { ...planned, state: 'run', reasons: reasonLines(undefined) };
    this.roots.set(id, this.rootOf(waiting[0] ?? id));
    const reasons = waiting.slice(0, SHOWN_SOURCES).flatMap((source) => this.waitingReason(source));
    if (waiting.length > SHOWN_SOURCES) reasons.push(`… and of ${waiting.length - SHOWN_SOURCES} more`);
    return { ...planned, state: 'may-run', reasons };
  }

  private rootOf(id: string): string {
    return this.roots.get(id) ?? id;
  }

  private waitingReason(source: string): string[] {
    const root = this.rootOf(source);
    const between = root === source ? '' : `which depends on \`${root}\`, `;
    const reasons = this.planned.get(root)?.reasons ?? [];
    const shown = reasons.slice(0, SHOWN_REASONS).map((line) => `  ${line}`);
    return [`it takes an output of \`${source}\`, ${between}which has to run:`, ...shown];
  }
}
