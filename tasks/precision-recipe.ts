import type { Value } from '../engine/kind.ts';

/** An entry of `precisions:`, complete: what a precision makes of a model's weights and operations. */
export interface PrecisionRecipe {
  /** The entry's key; artifacts are named by it. */
  readonly name: string;
  /** Pattern of weights' names → how many bits they take. Of several that match the last one counts. */
  readonly weights: Readonly<Record<string, 'fp16' | 'w8' | 'w4'>>;
  /** How the codes of each form are found. */
  readonly methods: Readonly<Record<string, 'min-max' | 'mse' | 'gptq'>>;
  /** Groups of operations, or patterns of their names, that are computed in fp16. */
  readonly float: readonly string[];
  /** The type of graphs' inputs and outputs, where `float` has `io` or everything; else they are 16-bit integers. */
  readonly io: 'fp16' | 'fp32';
  /** By how much the calibrated ranges are widened. */
  readonly headroom: number;
}

const METHODS = ['min-max', 'mse', 'gptq'] as const;

/** The JSON schema of a `precisions:` entry as it is written. */
export const PRECISION_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  description: 'A precision: how many bits weights take, and what is computed in fp16.',
  properties: {
    extends: {
      type: 'string',
      description:
        'The precision that this one begins with. Rules of `weights` and `methods` come after its own; the rest is replaced.',
    },
    weights: {
      type: 'object',
      description:
        'Weights of linear layers by pattern: parts of their names, as `ffn`, `blocks.3.ffn.value` or `att.*`; `*` is all of them, `low-rank` those narrower than the model. Of several that match the last one counts; what none matches is fp16.',
      additionalProperties: {
        enum: ['fp16', 'w8', 'w4'],
        description: '`w8`, `w4`: codes of so many bits, a scale for each output channel; or `fp16`.',
      },
    },
    methods: {
      type: 'object',
      additionalProperties: false,
      description:
        'How codes are found: `min-max`, `mse` (searched scales) or `gptq` (by what is calibrated).',
      properties: {
        w8: { enum: METHODS, default: 'min-max', description: 'For codes of 8 bits.' },
        w4: { enum: METHODS, default: 'min-max', description: 'For codes of 4 bits.' },
      },
    },
    float: {
      type: 'array',
      description:
        'What stays fp16: `io`, `embedding`, `linear`, `norm`, `wkv`, `decay`, `residual`, `elementwise`, patterns of operations’ names, or `*`. All else is 16-bit integers.',
      items: { type: 'string', minLength: 1, description: 'A group or a pattern.' },
    },
    io: {
      enum: ['fp16', 'fp32'],
      default: 'fp16',
      description:
        'The type of a graph’s inputs and outputs (states, what chunks hand on, logits), where `float` has `io` or `*`; else they are 16-bit integers.',
    },
    headroom: {
      type: 'number',
      minimum: 1,
      default: 1,
      description: 'By how much the calibrated ranges are widened.',
    },
  },
} as const;

/** The schema of a `with: precision:` parameter, after `${{ precisions[matrix.precision] }}` is filled in. */
export const PRECISION_PARAMETER_SCHEMA = {
  type: 'object',
  description: 'The precision: `${{ precisions[matrix.precision] }}`.',
} as const;

/** The precision in a cell's `with:`; the schema has seen to its shape. */
export function precisionParameter(parameters: Readonly<Record<string, Value>>): PrecisionRecipe {
  return parameters.precision as unknown as PrecisionRecipe;
}

/** Whether it has weights of codes, and so needs the ranges of activations. */
export function isQuantised(recipe: PrecisionRecipe): boolean {
  return !recipe.float.includes('*');
}

/** Whether all that it does is to round to fp16, which takes no longer than to read what was rounded before. */
export function isHalves(recipe: PrecisionRecipe): boolean {
  return !isQuantised(recipe) && Object.keys(recipe.weights).length === 0;
}

/** Whether graphs of it have float operations, which an HTP without fp16 refuses. */
export function needsFp16(recipe: PrecisionRecipe): boolean {
  const whole = recipe.weights['*'];
  return recipe.float.length > 0 || whole === undefined || Object.values(recipe.weights).includes('fp16');
}

/** Whether the codes of some weight are found by what the linears were applied to in calibration. */
export function needsInputs(recipe: PrecisionRecipe): boolean {
  return Object.values(recipe.weights).some((form) => recipe.methods[form] === 'gptq');
}
