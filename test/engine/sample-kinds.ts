import { Ajv, type ValidateFunction } from 'ajv';
import type { Failure } from '../../engine/failure.ts';
import type { Kind } from '../../engine/kind.ts';
import { checkPipeline, type Pipeline } from '../../engine/pipeline-load.ts';
import { pipelineSchema, VALIDATOR_OPTIONS } from '../../engine/pipeline-schema.ts';
import { PipelineSource } from '../../engine/pipeline-source.ts';
import { ok, type Result } from '../../engine/result.ts';

/** A kind with this schema of `with:`; it makes no actions. */
export function sampleKind(name: string, parameters: object): Kind {
  return { name, summary: `what \`${name}\` does`, parameters, expand: async () => ok([]) };
}

export const KINDS: readonly Kind[] = [
  sampleKind('export-onnx', {
    type: 'object',
    additionalProperties: false,
    required: ['weights'],
    properties: {
      weights: { type: 'string', description: 'The file of weights.' },
      chunks: { type: 'integer', minimum: 1, maximum: 8, description: 'How many graphs.' },
      precision: { enum: ['fp16', 'w8a16'] },
      lengths: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 1 } },
      where: {
        oneOf: [
          { type: 'string', minLength: 1 },
          { type: 'object', required: ['x'] },
        ],
      },
    },
  }),
  sampleKind('benchmark', { type: 'object', additionalProperties: false, properties: {} }),
];

export const MODEL_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['weights'],
  properties: { weights: { type: 'string' }, layers: { type: 'integer' } },
};

export const ENTRIES = {
  model: MODEL_SCHEMA,
  precision: {
    type: 'object',
    additionalProperties: false,
    properties: { bits: { type: 'integer', description: 'How many.' } },
  },
};

export const validate: ValidateFunction = new Ajv(VALIDATOR_OPTIONS).compile(pipelineSchema(KINDS, ENTRIES));

/** Loads a pipeline from text. */
export function load(text: string): Result<Pipeline, readonly Failure[]> {
  const source = PipelineSource.parse('p.yaml', text);
  return source.ok ? checkPipeline(source.value, validate) : source;
}

/** Everything that is wrong with a text, each as `line:column message`. */
export function complaints(text: string): string[] {
  const loaded = load(text);
  if (loaded.ok) return [];
  return loaded.failure.map(({ location, message }) => `${location?.line}:${location?.column} ${message}`);
}
