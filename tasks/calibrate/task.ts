import type { Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { type TextStage, textStage } from '../text-stage.ts';

const DEFAULT_TOKENS = 600;
const DEFAULT_SAMPLES = 2000;
const DEFAULT_PERCENTILE = 99.99;
const SCRIPT = 'tasks/calibrate/collect_encodings.py';

/**
 * Text → the range of every activation of the whole model, and what its linears are applied to. Both know
 * nothing of chunks, by design; the second is made only for a precision whose weights are found by it.
 */
export const calibrate: Kind = {
  name: 'calibrate',
  summary: 'text → activation encodings, for quantised precisions',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: {
      model: MODEL_PARAMETER_SCHEMA,
      tokens: {
        type: 'integer',
        minimum: 1,
        default: DEFAULT_TOKENS,
        description: 'How many tokens of the calibration text are fed to the model.',
      },
      samples: {
        type: 'integer',
        minimum: 1,
        default: DEFAULT_SAMPLES,
        description:
          'At most how many tokens are fed to the model for weights that are found by `gptq`. More make them better.',
      },
      method: {
        enum: ['min-max', 'percentile', 'mse'],
        default: 'min-max',
        description:
          'How a range is chosen: all that was seen, between percentiles, or with the least square error.',
      },
      percentile: {
        type: 'number',
        minimum: 50,
        maximum: 100,
        default: DEFAULT_PERCENTILE,
        description:
          'How many percent of the values `percentile` leaves below the upper end, and above the lower.',
      },
    },
  },

  async expand(cell) {
    const { name, calibration } = modelParameter(cell.with);
    const { tokens, samples, method, percentile } = cell.with;
    const stage: TextStage = {
      name: '',
      script: SCRIPT,
      text: calibration,
      tokens: Number(tokens ?? DEFAULT_TOKENS),
      options: [
        ...(method === undefined ? [] : ['--method', String(method)]),
        ...(percentile === undefined ? [] : ['--percentile', String(percentile)]),
      ],
      output: {
        path: 'encodings.json',
        type: 'file',
        role: 'encodings',
        attributes: {},
        publish: `${name}/encodings.json`,
      },
    };
    const encodings = textStage(cell, stage);
    if (!encodings.ok) return encodings;
    const inputs = textStage(cell, {
      ...stage,
      name: 'inputs',
      tokens: Number(samples ?? DEFAULT_SAMPLES),
      options: ['--inputs'],
      output: { path: 'inputs', type: 'directory', role: 'linear-inputs', attributes: {} },
    });
    return inputs.ok ? ok([...encodings.value, ...inputs.value]) : inputs;
  },
};
