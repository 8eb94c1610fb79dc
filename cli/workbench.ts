import { cacheRoot } from '../cache/cache-root.ts';
import type { ActionGraph } from '../engine/action-graph.ts';
import { BuildSession } from '../engine/build-session.ts';
import type { Emit } from '../engine/event.ts';
import { expandPipeline, resolveTargets } from '../engine/expansion.ts';
import type { Failure } from '../engine/failure.ts';
import type { Tool } from '../engine/kind.ts';
import { parametersOf } from '../engine/parameter-use.ts';
import type { Pipeline } from '../engine/pipeline-load.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { deviceChooser } from '../tasks/device-access.ts';
import { registeredKinds } from '../tasks/kind-registry.ts';
import { chunkChooser } from '../tasks/preflight/auto-chunks.ts';
import { OutlineReader } from '../tasks/preflight/outline-reader.ts';
import { preflightCases } from '../tasks/preflight/preflight-cases.ts';
import { shapeReader } from '../tasks/preflight/weight-shapes.ts';
import { registeredTools } from '../tasks/tool-registry.ts';
import type { BuildOptions } from './build-options.ts';
import { packageRoot } from './package-root.ts';
import { requestedPipeline } from './pipeline-request.ts';
import { parameterValidators, pipelineValidator } from './pipeline-validators.ts';
import { earlyPreflight } from './preflight-ground.ts';

/** Everything that a command needs to work on a pipeline: the file as asked for, its graph, the store. */
export interface Workbench {
  readonly pipeline: Pipeline;
  readonly targets: readonly string[];
  readonly graph: ActionGraph;
  readonly session: BuildSession;
  readonly tools: ReadonlyMap<string, Tool>;
  /** The values of the parameters that a task uses, as text. */
  readonly parametersOf: (task: string) => ReadonlyMap<string, string>;
}

/** Whether a graph has actions of kinds, which may look at devices, weights and tools to know what they do. */
export function usesKinds({ pipeline, graph }: Workbench): boolean {
  return [...graph.actions.values()].some(({ task }) => pipeline.tasks[task]?.uses !== undefined);
}

/** Loads, fills in and expands the pipeline for the targets (none: the pipeline's own default). */
export async function openWorkbench(
  targets: readonly string[],
  options: BuildOptions,
  emit: Emit,
): Promise<Result<Workbench, readonly Failure[]>> {
  const root = packageRoot();
  const store = cacheRoot(process.env);
  const pipeline = await requestedPipeline(options, pipelineValidator(), root);
  if (!pipeline.ok) return pipeline;
  const wanted = targets.length > 0 ? targets : defaultTargets(pipeline.value);
  const chooseDevice = deviceChooser(process.env, (text) => emit({ type: 'notice', text }));
  const tools = registeredTools(root, store);
  const { folder, tasks } = pipeline.value;
  const outlines = new OutlineReader({ folder, shapesOf: shapeReader(root, tools.get('python')) });
  const cases = (): ReturnType<typeof preflightCases> => preflightCases(pipeline.value, Object.keys(tasks));
  const kinds = registeredKinds(root, chooseDevice, chunkChooser(outlines, cases));
  const graph = await expandPipeline(pipeline.value, wanted, {
    kinds,
    parameters: parameterValidators(kinds.keys()),
  });
  if (!graph.ok) return fail([graph.failure]);
  const used = (task: string): ReadonlyMap<string, string> => parametersOf(pipeline.value, task);
  const session = await BuildSession.open({
    cacheRoot: store,
    packageRoot: root,
    pipelineFile: pipeline.value.source.file,
    folder: pipeline.value.folder,
    tools,
    emit,
    execution: {
      ...options.limits,
      sandbox: options.sandbox ?? pipeline.value.sandbox ?? 'standard',
    },
    parametersOf: used,
    explain: ({ task }, failed) => kinds.get(pipeline.value.tasks[task]?.uses ?? '')?.explain?.(failed),
  });
  const resolved = resolveTargets(pipeline.value, wanted);
  if (!resolved.ok) return fail([resolved.failure]);
  const refused = await earlyPreflight(pipeline.value, resolved.value, session.history, emit);
  if (refused.length > 0) return fail(refused);
  return ok({
    pipeline: pipeline.value,
    targets: wanted,
    graph: graph.value,
    session,
    tools,
    parametersOf: used,
  });
}

/** What is built when nothing is named: the target `default`, else `all`, else every task. */
export function defaultTargets(pipeline: Pipeline): readonly string[] {
  for (const name of ['default', 'all']) if (pipeline.targets[name] !== undefined) return [name];
  return Object.keys(pipeline.tasks);
}
