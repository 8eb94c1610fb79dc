import type { Failure } from '../engine/failure.ts';
import type { NeededOutput, TaskCell } from '../engine/kind.ts';
import { ok, type Result } from '../engine/result.ts';
import { partName } from './chunk-name.ts';
import { neededOutputs } from './needed-artifacts.ts';
import type { SelectedDevice } from './selected-device.ts';

/** Contexts that a device can load, and in which folder of the device they lie. */
export interface LoadableContexts {
  readonly contexts: readonly NeededOutput[];
  readonly folder: string;
}

/**
 * The graphs of a chunk share their weights, which QNN's emulator cannot load: it gets twins that hold them once
 * for each graph. What has one graph, as a head may beside such chunks, is the same for both.
 */
export function loadableContexts(
  cell: TaskCell,
  model: string,
  device: SelectedDevice,
): Result<LoadableContexts, Failure> {
  const contexts = neededOutputs(cell, 'context', 'context-cache');
  if (!contexts.ok) return contexts;
  const { precision, soc } = contexts.value[0]?.output.attributes ?? {};
  const folder = `models/${model}/${precision}/${soc}`;
  const twins = cell.needs.filter(({ output }) => output.role === 'emulator-context');
  return device.properties.emulated && twins.length > 0
    ? ok({ contexts: withTwins(contexts.value, twins), folder: `${folder}/unshared` })
    : ok({ contexts: contexts.value, folder });
}

/** Contexts, those that have a twin replaced by it. */
export function withTwins(
  contexts: readonly NeededOutput[],
  twins: readonly NeededOutput[],
): readonly NeededOutput[] {
  const isTwin = (twin: NeededOutput, context: NeededOutput): boolean =>
    twin.task === context.task && partName(twin.output.attributes) === partName(context.output.attributes);
  return contexts.map((context) => twins.find((twin) => isTwin(twin, context)) ?? context);
}
