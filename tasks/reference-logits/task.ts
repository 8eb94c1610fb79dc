import type { Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput } from '../needed-artifacts.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const REFERENCE = 'tasks/benchmark/reference_logits.py';

/** What the fp32 reference says of a text: every precision and device is compared with it. */
export const referenceLogits: Kind = {
  name: 'reference-logits',
  summary: 'text → logits of the fp32 reference, which accuracy is measured against',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: {
      model: MODEL_PARAMETER_SCHEMA,
      tokens: {
        type: 'integer',
        minimum: 1,
        default: 256,
        description: 'How many tokens of the evaluation text are looked at.',
      },
    },
  },

  async expand(cell) {
    const weights = neededOutput(cell, 'weights', 'export-onnx');
    if (!weights.ok) return weights;
    const model = modelParameter(cell.with);
    const tokens = Number(cell.with.tokens ?? 256);
    return ok([
      {
        name: '',
        command: [
          ...pythonCommand(REFERENCE),
          ...['--weights', 'weights', '--text', 'evaluation.txt', '--tokenizer', model.tokenizer],
          ...['--tokens', String(tokens), '--output', 'reference.f32'],
        ],
        environment: PYTHON_ENVIRONMENT,
        inputs: [
          ...pythonSources(REFERENCE),
          artifactInput(weights.value, 'weights'),
          { at: 'evaluation.txt', source: { from: 'project', path: model.evaluation } },
        ],
        outputs: [
          {
            path: 'reference.f32',
            type: 'file',
            role: 'reference-logits',
            attributes: { tokens },
            publish: `${model.name}/reference.f32`,
          },
        ],
        tools: ['python'],
        properties: {},
      },
    ]);
  },
};
