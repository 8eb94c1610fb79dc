import type { Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput } from '../needed-artifacts.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const COLLECT = 'tasks/calibrate/collect_encodings.py';

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
        default: 600,
        description: 'How many tokens of the calibration text are fed to the model.',
      },
    },
  },

  async expand(cell) {
    const weights = neededOutput(cell, 'weights', 'export-onnx');
    if (!weights.ok) return weights;
    const model = modelParameter(cell.with);
    return ok([
      {
        name: '',
        command: [
          ...pythonCommand(COLLECT),
          ...['--weights', 'weights', '--text', 'calibration.txt', '--tokenizer', model.tokenizer],
          ...['--tokens', String(cell.with.tokens ?? 600), '--output', 'encodings.json'],
        ],
        environment: PYTHON_ENVIRONMENT,
        inputs: [
          ...pythonSources(COLLECT),
          artifactInput(weights.value, 'weights'),
          { at: 'calibration.txt', source: { from: 'project', path: model.calibration } },
        ],
        outputs: [
          {
            path: 'encodings.json',
            type: 'file',
            role: 'encodings',
            attributes: {},
            publish: `${model.name}/encodings.json`,
          },
        ],
        tools: ['python'],
        properties: {},
      },
    ]);
  },
};
