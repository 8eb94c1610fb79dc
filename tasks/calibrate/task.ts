import type { Kind } from '../../engine/kind.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { textStage } from '../text-stage.ts';

const DEFAULT_TOKENS = 600;

/** Text → the range of every activation of the whole model. It knows nothing of chunks, by design. */
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
    },
  },

  async expand(cell) {
    const { name, calibration } = modelParameter(cell.with);
    return textStage(cell, {
      script: 'tasks/calibrate/collect_encodings.py',
      text: calibration,
      tokens: Number(cell.with.tokens ?? DEFAULT_TOKENS),
      output: {
        path: 'encodings.json',
        type: 'file',
        role: 'encodings',
        attributes: {},
        publish: `${name}/encodings.json`,
      },
    });
  },
};
