import { type ActionGraph, UNKNOWN_SECONDS } from './action-graph.ts';
import type { PlannedAction } from './build-plan.ts';
import { estimateTime, type Machine } from './time-estimate.ts';

/** A plan in figures. Times are in seconds and come from the last time that each command ran. */
export interface PlanFigures {
  readonly actions: number;
  readonly run: number;
  readonly mayRun: number;
  readonly cached: number;
  /** How many of those that run or may run never ran here: they are taken to need what others of their task do. */
  readonly neverRan: number;
  /** How many of all actions have a recorded duration; with none the times below are only a count of steps. */
  readonly measured: number;
  /** Wall time when nothing runs but what has to. */
  readonly leastSeconds: number;
  /** Wall time when everything that may run does. */
  readonly mostSeconds: number;
  /** What the commands of the reused actions took. */
  readonly savedSeconds: number;
  /** The chain of actions that decides `mostSeconds` if there are cores enough. */
  readonly criticalPath: readonly string[];
  readonly criticalSeconds: number;
}

export function planFigures(
  graph: ActionGraph,
  plan: readonly PlannedAction[],
  machine: Machine,
): PlanFigures {
  const of = (state: PlannedAction['state']): readonly PlannedAction[] =>
    plan.filter((action) => action.state === state);
  const [run, mayRun, cached] = [of('run'), of('may-run'), of('cached')];
  const costs = likelySeconds(plan);
  const seconds = (id: string): number => costs.get(id) ?? UNKNOWN_SECONDS;
  const idsOf = (actions: readonly PlannedAction[]): Set<string> => new Set(actions.map(({ id }) => id));
  const least = estimateTime({ graph, runs: idsOf(run), seconds, machine });
  const most =
    mayRun.length === 0 ? least : estimateTime({ graph, runs: idsOf([...run, ...mayRun]), seconds, machine });
  return {
    actions: plan.length,
    run: run.length,
    mayRun: mayRun.length,
    cached: cached.length,
    neverRan: [...run, ...mayRun].filter(({ lastSeconds }) => lastSeconds === undefined).length,
    measured: plan.filter(({ lastSeconds }) => lastSeconds !== undefined).length,
    leastSeconds: least.seconds,
    mostSeconds: most.seconds,
    savedSeconds: cached.reduce((sum, { lastSeconds }) => sum + (lastSeconds ?? 0), 0),
    criticalPath: most.criticalPath,
    criticalSeconds: most.criticalSeconds,
  };
}

/** The duration of each action: its own, else the mean of its task, else that of all. */
function likelySeconds(plan: readonly PlannedAction[]): ReadonlyMap<string, number> {
  const known = new Map<string, number[]>();
  const all: number[] = [];
  for (const { task, lastSeconds } of plan) {
    if (lastSeconds === undefined) continue;
    all.push(lastSeconds);
    const ofTask = known.get(task);
    if (ofTask === undefined) known.set(task, [lastSeconds]);
    else ofTask.push(lastSeconds);
  }
  const overall = mean(all) ?? UNKNOWN_SECONDS;
  const means = new Map([...known].map(([task, seconds]) => [task, mean(seconds) ?? overall]));
  return new Map(plan.map(({ id, task, lastSeconds }) => [id, lastSeconds ?? means.get(task) ?? overall]));
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
