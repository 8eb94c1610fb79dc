import type { ActionOutput, Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { textStage } from '../text-stage.ts';

const DEFAULT_TOKENS = 256;

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
        default: DEFAULT_TOKENS,
        description: 'How many tokens of the evaluation text are looked at.',
      },
    },
  },

  async expand(cell) {
    const { name, evaluation } = modelParameter(cell.with);
    const tokens = Number(cell.with.tokens ?? DEFAULT_TOKENS);
    const stream: ActionOutput = {
      path: 'stream.f32',
      type: 'file',
      role: 'reference-stream',
      attributes: { tokens },
    };
    const stage = textStage(cell, {
      name: '',
      script: 'tasks/reference-logits/reference_logits.py',
      text: evaluation,
      tokens,
      options: ['--stream', stream.path],
      output: {
        path: 'reference.f32',
        type: 'file',
        role: 'reference-logits',
        attributes: { tokens },
        publish: `${name}/reference.f32`,
      },
    });
    if (!stage.ok) return stage;
    return ok(stage.value.map((spec) => ({ ...spec, outputs: [...spec.outputs, stream] })));
  },
};
