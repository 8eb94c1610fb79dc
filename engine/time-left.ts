import { type ActionGraph, criticalPath } from './action-graph.ts';

export interface Remaining {
  readonly seconds: number;
  /** Whether some of what is left has never run here, so that this much is known and more will come. */
  readonly atLeast: boolean;
}

/** How long a build that is under way will still take, from how long its actions took the last time. */
export class TimeLeft {
  readonly #recorded: ReadonlyMap<string, number>;
  readonly #ways: ReadonlyMap<string, number>;
  readonly #jobs: number;
  readonly #left: Set<string>;
  /** When each running action was started, in milliseconds of the clock that the caller uses. */
  readonly #started = new Map<string, number>();

  /** `recorded` gives the seconds of an action's last run, if it has run here. */
  constructor(graph: ActionGraph, recorded: (id: string) => number | undefined, jobs: number) {
    const seconds = new Map<string, number>();
    for (const id of graph.actions.keys()) {
      const known = recorded(id);
      if (known !== undefined) seconds.set(id, known);
    }
    this.#recorded = seconds;
    this.#ways = criticalPath(graph, (id) => seconds.get(id) ?? 0);
    this.#jobs = jobs;
    this.#left = new Set(graph.actions.keys());
  }

  start(id: string, now: number): void {
    this.#started.set(id, now);
  }

  finish(id: string): void {
    this.#left.delete(id);
    this.#started.delete(id);
  }

  /** No less than the longest chain that is left, and no less than all of the work shared by the cores. */
  remaining(now: number): Remaining {
    let work = 0;
    let longest = 0;
    let atLeast = false;
    for (const id of this.#left) {
      const recorded = this.#recorded.get(id);
      atLeast ||= recorded === undefined;
      const since = this.#started.get(id);
      const done = since === undefined ? 0 : Math.min((now - since) / 1000, recorded ?? 0);
      work += (recorded ?? 0) - done;
      longest = Math.max(longest, (this.#ways.get(id) ?? 0) - done);
    }
    return { seconds: Math.max(longest, work / this.#jobs), atLeast };
  }
}
