import type { ArtifactPublished } from './event.ts';
import type { SourceLocation } from './failure.ts';
import type { ActionSpec } from './kind.ts';

/** One concrete node: a kind's description of a command, with its place in the pipeline. */
export interface Action {
  /** Task, axis values and the kind's own name joined by slashes: `context/austen/fp16/SM8650/chunk1of2`. */
  readonly id: string;
  readonly task: string;
  readonly spec: ActionSpec;
  /** Ids of the actions whose outputs are inputs of this one, each once. */
  readonly dependencies: readonly string[];
  /** Where the task stands in the pipeline file. */
  readonly location: SourceLocation;
}

export interface ActionGraph {
  /** By id, every action after the ones that it depends on. */
  readonly actions: ReadonlyMap<string, Action>;
  /** Ids of the actions of the tasks that were asked for. */
  readonly requested: ReadonlySet<string>;
  /** By id, actions whose results and artifacts an earlier build left in order, and which none of `actions` needs. */
  readonly aside?: ReadonlyMap<string, AsideAction>;
}

/** What is told of an action that has its result. */
export interface AsideAction {
  readonly task: string;
  readonly fingerprint: string;
  readonly artifacts: readonly ArtifactPublished[];
}

/** How many actions a build is of. */
export function graphSize({ actions, aside }: ActionGraph): number {
  return actions.size + (aside?.size ?? 0);
}

/** The ids that depend directly on each action. */
export function dependants(graph: ActionGraph): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const id of graph.actions.keys()) result.set(id, []);
  for (const action of graph.actions.values()) {
    for (const dependency of action.dependencies) result.get(dependency)?.push(action.id);
  }
  return result;
}

/** What an action is taken to need where nothing is known of it. */
export const UNKNOWN_SECONDS = 1;

/**
 * Seconds from the start of each action to the end of the build, if nothing had to wait for a core.
 * The ready action with the most of it should start first.
 */
export function criticalPath(graph: ActionGraph, seconds: (id: string) => number): Map<string, number> {
  const next = dependants(graph);
  const result = new Map<string, number>();
  for (const id of [...graph.actions.keys()].reverse()) {
    let longest = 0;
    for (const dependant of next.get(id) ?? []) longest = Math.max(longest, result.get(dependant) ?? 0);
    result.set(id, seconds(id) + longest);
  }
  return result;
}
