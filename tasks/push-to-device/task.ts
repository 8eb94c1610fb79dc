import type { Failure } from '../../engine/failure.ts';
import type { ActionInput, Argument, Kind, TaskCell } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { partName } from '../chunk-name.ts';
import { deviceLibraries } from '../device-libraries.ts';
import { loadableContexts } from '../loadable-contexts.ts';
import { MODEL_PARAMETER_SCHEMA, type ModelEntry, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutputs } from '../needed-artifacts.ts';
import {
  type ChooseDevice,
  DEVICE_PARAMETER_SCHEMA,
  deviceProperties,
  deviceResource,
  type SelectedDevice,
} from '../selected-device.ts';
import { DEVICE_ENVIRONMENT, deviceCommand } from '../tools/device-programs.ts';

/** A file on its way: where the action has it, and where the device will. */
interface Parcel {
  readonly input: ActionInput;
  readonly to: string;
}

/** Context binaries, runtime, Qualcomm's libraries and texts → a device. Its output is a receipt. */
export function pushToDevice(chooseDevice: ChooseDevice): Kind {
  return {
    name: 'push-to-device',
    summary: 'contexts, runtime and texts → a device',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['model'],
      properties: { model: MODEL_PARAMETER_SCHEMA, device: DEVICE_PARAMETER_SCHEMA },
    },

    async expand(cell) {
      const device = await chooseDevice(String(cell.with.device ?? 'auto'));
      if (!device.ok) return device;
      const model = modelParameter(cell.with);
      const parcels = collectParcels(cell, model, device.value);
      if (!parcels.ok) return parcels;
      const contexts = loadableContexts(cell, model.name, device.value);
      if (!contexts.ok) return contexts;
      const { arch, soc, precision } = contexts.value.contexts[0]?.output.attributes ?? {};
      const { tool, libraries } = deviceLibraries(device.value.properties.target, Number(arch));

      const files = parcels.value.flatMap(({ input, to }): Argument[] => ['--file', input.at, to]);
      const shared = libraries.flatMap(({ from, to, type }): Argument[] => [`--${type}`, from, to]);
      const needsVocabulary = model.tokenizer === 'world' || model.tokenizer === 'auto';
      return ok([
        {
          name: '',
          command: [
            ...deviceCommand('push-files.mjs'),
            ...['--device', device.value.request],
            ...files,
            ...shared,
            ...(needsVocabulary
              ? ['--file', { tool: 'python', path: 'world-vocabulary.txt' }, 'texts/world-vocabulary.txt']
              : []),
            ...['--receipt', 'receipt.json'],
          ],
          environment: DEVICE_ENVIRONMENT,
          inputs: parcels.value.map(({ input }) => input),
          outputs: [
            {
              path: 'receipt.json',
              type: 'file',
              role: 'receipt',
              attributes: { model: model.name, precision: String(precision), soc: String(soc) },
              publish: `${model.name}/${precision}/${soc}/receipt.json`,
            },
          ],
          tools: ['device-programs', tool, ...(needsVocabulary ? ['python'] : [])],
          properties: deviceProperties(device.value),
          reach: 'device',
          ...deviceResource(device.value),
        },
      ]);
    },
  };
}

function collectParcels(
  cell: TaskCell,
  model: ModelEntry,
  device: SelectedDevice,
): Result<readonly Parcel[], Failure> {
  const contexts = loadableContexts(cell, model.name, device);
  if (!contexts.ok) return contexts;
  const runtimes = neededOutputs(cell, 'rwkv-run', 'build-runtime');
  if (!runtimes.ok) return runtimes;
  const references = neededOutputs(cell, 'reference-logits', 'reference-logits');
  if (!references.ok) return references;
  const { target } = device.properties;
  const runtime = runtimes.value.find(({ output }) => output.attributes.target === target);
  if (runtime === undefined) {
    return fail({
      kind: 'unsupported-combination',
      axis: 'target',
      message: `the device ${device.properties.serial} needs programs for ${target}, and the pipeline builds none`,
      hint: `add \`--target ${target}\`${device.properties.emulated ? '' : ', or take `--device emulator`'}`,
    });
  }
  const parcel = (input: ActionInput, to: string): Parcel => ({ input, to });
  const parcels = [
    parcel(artifactInput(runtime, 'files/rwkv-run'), 'runtime/rwkv-run'),
    parcel(
      { at: 'files/evaluation.txt', source: { from: 'project', path: model.evaluation } },
      `texts/${model.name}.txt`,
    ),
  ];
  for (const context of contexts.value.contexts) {
    const name = `${model.name}_${partName(context.output.attributes)}.bin`;
    parcels.push(parcel(artifactInput(context, `files/${name}`), `${contexts.value.folder}/${name}`));
  }
  for (const reference of references.value) {
    parcels.push(
      parcel(artifactInput(reference, 'files/reference.f32'), `texts/${model.name}.reference.f32`),
    );
  }
  for (const role of ['embedding', 'initial-state']) {
    for (const table of cell.needs.filter(({ output }) => output.role === role)) {
      parcels.push(parcel(artifactInput(table, `files/${role}.f32`), `models/${model.name}/${role}.f32`));
    }
  }
  return ok(parcels);
}
