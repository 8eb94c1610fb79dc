import type { Kind, TaskCell, Value } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { partName } from '../chunk-name.ts';
import { loadableContexts } from '../loadable-contexts.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput, neededOutputs } from '../needed-artifacts.ts';
import {
  type ChooseDevice,
  DEVICE_PARAMETER_SCHEMA,
  deviceProperties,
  deviceResource,
} from '../selected-device.ts';
import { DEVICE_ENVIRONMENT, deviceCommand } from '../tools/device-programs.ts';

/** Longer than any model takes on the emulator, shorter than a night. */
const TIME_LIMIT_SECONDS = 3 * 3600;

const sizes = (otherwise: readonly number[], description: string): object => ({
  type: 'array',
  items: { type: 'integer', minimum: 1 },
  default: otherwise,
  description,
});

function speedOptions(parameters: TaskCell['with']): readonly string[] {
  // No sizes at all are written as the size 0.
  const list = (value: Value | undefined, otherwise: number): string =>
    Array.isArray(value) ? value.join(',') || '0' : String(otherwise);
  return [
    ...['--run', String(parameters.run), '--repetitions', String(parameters.repetitions ?? 5)],
    ...['--prompt-sizes', list(parameters.prompt_sizes, 64)],
    ...['--text-sizes', list(parameters.text_sizes, 32)],
  ];
}

/** Runs the model on a device: text, speed, and accuracy against the reference → a result JSON. */
export function benchmark(chooseDevice: ChooseDevice): Kind {
  return {
    name: 'benchmark',
    summary: 'text, speed and accuracy on a device → result JSON',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['model'],
      properties: {
        model: MODEL_PARAMETER_SCHEMA,
        device: DEVICE_PARAMETER_SCHEMA,
        tokens: {
          type: 'integer',
          minimum: 1,
          default: 160,
          description: 'How many tokens the model writes.',
        },
        temperature: {
          type: 'number',
          minimum: 0,
          default: 0.7,
          description: '0 always takes the likeliest token.',
        },
        top_p: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.9 },
        seed: { type: 'integer', minimum: 0, default: 1, description: 'The same seed writes the same text.' },
        run: {
          type: 'string',
          default: '',
          description:
            'The name of a measurement, which `rwkv-build bench` gives: speeds are measured, and again for another name.',
        },
        prompt_sizes: sizes([64], 'Lengths of prompts whose reading is timed, in tokens.'),
        text_sizes: sizes([32], 'Lengths of texts whose writing is timed, in tokens.'),
        repetitions: {
          type: 'integer',
          minimum: 1,
          default: 5,
          description: 'How often each is timed, after a time that does not count.',
        },
      },
    },

    async expand(cell) {
      const device = await chooseDevice(String(cell.with.device ?? 'auto'));
      if (!device.ok) return device;
      const receipt = neededOutput(cell, 'receipt', 'push-to-device');
      if (!receipt.ok) return receipt;
      const model = modelParameter(cell.with);
      const contexts = loadableContexts(cell, model.name, device.value);
      if (!contexts.ok) return contexts;
      const reports = neededOutputs(cell, 'context-report', 'context-cache');
      if (!reports.ok) return reports;
      const reference = neededOutput(cell, 'reference-logits', 'reference-logits');
      if (!reference.ok) return reference;
      const { precision, soc, chunks } = contexts.value.contexts[0]?.output.attributes ?? {};
      const option = (name: string, otherwise: number): string => String(cell.with[name] ?? otherwise);
      return ok([
        {
          name: '',
          command: [
            ...deviceCommand('run-benchmark.mjs'),
            ...['--device', device.value.request, '--receipt', 'receipt.json', '--reports', 'reports'],
            ...['--model', model.name, '--precision', String(precision), '--soc', String(soc)],
            ...['--context', `${contexts.value.folder}/${model.name}_chunk1of${chunks}.bin`],
            ...['--tokenizer', model.tokenizer, '--prompt', model.prompt, '--tokens', option('tokens', 160)],
            ...['--temperature', option('temperature', 0.7), '--top-p', option('top_p', 0.9)],
            ...['--seed', option('seed', 1)],
            ...['--evaluate-tokens', String(reference.value.output.attributes.tokens)],
            ...(cell.with.run === undefined || cell.with.run === '' ? [] : speedOptions(cell.with)),
            ...['--result', 'benchmark.json'],
          ],
          environment: DEVICE_ENVIRONMENT,
          inputs: [
            artifactInput(receipt.value, 'receipt.json'),
            ...reports.value.map((report) =>
              artifactInput(report, `reports/${partName(report.output.attributes)}.json`),
            ),
          ],
          outputs: [
            {
              path: 'benchmark.json',
              type: 'file',
              role: 'result',
              attributes: {
                model: model.name,
                precision: String(precision),
                soc: String(soc),
                emulated: device.value.properties.emulated,
              },
              publish: `${model.name}/${precision}/${soc}/benchmark.json`,
              reported: true,
            },
          ],
          tools: ['device-programs'],
          properties: deviceProperties(device.value),
          timeLimitSeconds: TIME_LIMIT_SECONDS,
          reach: 'device',
          ...deviceResource(device.value),
        },
      ]);
    },
  };
}
