import type { Action } from './action-graph.ts';
import type { SourceLocation } from './failure.ts';
import type { PipelineSource } from './pipeline-source.ts';

/** The part of a pipeline file that parameters are set in, as far as it matters here. */
interface WrittenPipeline {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly tasks?: Readonly<Record<string, WrittenTask>>;
}

interface WrittenTask {
  readonly needs?: readonly string[];
  readonly matrix?: Readonly<Record<string, unknown>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

type Path = readonly string[];

export interface ParameterPlace {
  readonly parameter: string;
  readonly location: SourceLocation;
}

/**
 * Where the pipeline file sets a parameter that decides what an action does: in the `with:` of its task or of
 * one that it needs, or in the `params:` or `matrix:` that those refer to. The first of the names that is set.
 */
export async function findParameter(
  action: Action,
  names: readonly string[],
): Promise<ParameterPlace | undefined> {
  if (names.length === 0) return undefined;
  // Loaded only where something went wrong: a parser of YAML takes a while to start.
  const { PipelineSource } = await import('./pipeline-source.ts');
  const source = await PipelineSource.read(action.location.file);
  // It may have been edited since the build began.
  if (!source.ok) return undefined;
  return placeIn(source.value, action.task, names);
}

/** The same in a file that has been read. */
export function placeIn(
  source: PipelineSource,
  task: string,
  names: readonly string[],
): ParameterPlace | undefined {
  const value = source.value();
  if (!value.ok) return undefined;
  const pipeline = (value.value ?? {}) as WrittenPipeline;
  for (const parameter of names) {
    const path = pathOf(pipeline, task, parameter);
    if (path !== undefined) return { parameter, location: source.locate(path, 'value') };
  }
  return undefined;
}

function pathOf(pipeline: WrittenPipeline, start: string, parameter: string): Path | undefined {
  const waiting = [start];
  const seen = new Set(waiting);
  for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
    const written = pipeline.tasks?.[task];
    const value = written?.with?.[parameter];
    if (value !== undefined) return follow(pipeline, task, value, ['tasks', task, 'with', parameter]);
    for (const needed of Array.isArray(written?.needs) ? written.needs : []) {
      if (!seen.has(needed)) waiting.push(needed);
      seen.add(needed);
    }
  }
  return pipeline.params?.[parameter] === undefined ? undefined : ['params', parameter];
}

/** From `${{ matrix.soc }}` to the axis, from `${{ params.soc }}` to the parameter. */
function follow(pipeline: WrittenPipeline, task: string, value: unknown, path: Path): Path {
  const [, root, name] = /^\s*\$\{\{\s*(params|matrix)\.([\w-]+)\s*\}\}\s*$/.exec(String(value)) ?? [];
  if (name === undefined) return path;
  if (root === 'params') return ['params', name];
  const axis = pipeline.tasks?.[task]?.matrix?.[name];
  return axis === undefined || path[2] === 'matrix'
    ? path
    : follow(pipeline, task, axis, ['tasks', task, 'matrix', name]);
}
