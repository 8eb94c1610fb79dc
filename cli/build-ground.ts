import type { ActionGraph } from '../engine/action-graph.ts';
import type { BuildSession } from '../engine/build-session.ts';
import { TimeLeft } from '../engine/time-left.ts';

/** What a build works on, however it was come by. */
export interface BuildGround {
  readonly pipeline: { readonly file: string };
  readonly targets: readonly string[];
  readonly graph: ActionGraph;
  readonly session: BuildSession;
}

/** What estimates the time that building takes, from how long its actions took the last time. */
export function timeLeftOf({ graph, session }: BuildGround, jobs: number): TimeLeft {
  return new TimeLeft(graph, (id) => session.history.get(id)?.seconds, jobs);
}
