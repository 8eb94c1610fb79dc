import { dirname, join } from 'node:path';
import type { Value } from '../engine/kind.ts';
import { TOKENIZERS, type TokenizerName } from './tokenizer-table.ts';

/** An entry of the pipeline's `models:`. */
export interface ModelEntry {
  /** The entry's key; artifacts are named by it. */
  readonly name: string;
  readonly weights: string;
  /** The files that `weights` is the index of. */
  readonly shards: readonly string[];
  /** A file with the tuned state that the model starts from. */
  readonly state?: string;
  /** The epsilon of the heads' norm, where it is not the version's own. */
  readonly groupNormEps?: number;
  /** `auto` looks at the size of the vocabulary. */
  readonly tokenizer: TokenizerName;
  /** Text that is like what the model will be used for: activation ranges come from it. */
  readonly calibration: string;
  /** Text that the model was not trained on: accuracy is measured on it. */
  readonly evaluation: string;
  /** What the benchmark lets the model continue. */
  readonly prompt: string;
  /** The user's own encodings, in AIMET's format, in the place of those that calibration makes. */
  readonly encodings?: string;
  /** How many layers the weights have, where their names tell. */
  readonly layers?: number;
}

/** What the weights' files themselves tell. */
export interface FoundWeights {
  /** The names of the files that they are the index of, if they are one. */
  readonly shards: readonly string[];
  readonly layers: number | undefined;
}

const SHIPPED = 'models/rwkv7-austen';

/** The JSON schema of a `models:` entry as it is written. */
export const MODEL_ENTRY_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['weights'],
  description: 'A model: its weights and how it is calibrated and tried.',
  properties: {
    weights: {
      type: 'string',
      description:
        'The weights, `.safetensors` or `.pth`, or the `.index.json` of several `.safetensors` files; relative to this file.',
    },
    tokenizer: {
      enum: [...TOKENIZERS],
      default: 'auto',
      description:
        'How text becomes tokens; `abc` and `midi` are those of music models. `auto` looks at the size of the vocabulary.',
    },
    state: {
      type: 'string',
      description:
        'A tuned state that the model starts from (`.pth` or `.safetensors` with `blocks.N.att.time_state`), where it is not in the weights.',
    },
    group_norm_eps: {
      type: 'number',
      exclusiveMinimum: 0,
      description:
        "The epsilon of the heads' norm. No tensor tells it; without this it is 64e-5, and some models of v5 want 1e-5.",
    },
    calibration: {
      type: 'string',
      description:
        'Text like what the model will be used for, or its tokens (`.json`: a list, `.npy`: an array); quantised precisions take their ranges from it.',
    },
    evaluation: {
      type: 'string',
      description: 'Text that the model was not trained on; the benchmark measures accuracy on it.',
    },
    prompt: { type: 'string', description: 'What the benchmark lets the model continue.' },
    encodings: {
      type: 'string',
      description:
        'Encodings in AIMET’s format (0.6.1 or 1.0.0) that go before what calibration sees. A weight in them takes its bits and scales from there.',
    },
  },
} as const;

/** The schema of a `with: model:` parameter, after `${{ models[matrix.model] }}` is filled in. */
export const MODEL_PARAMETER_SCHEMA = {
  type: 'object',
  description: 'The model: `${{ models[matrix.model] }}`.',
} as const;

/**
 * Completes an entry. Texts that it does not name are the ones that ship with rwkv-build, by their place in
 * the package.
 */
export function completeModelEntry(
  name: string,
  written: Readonly<Record<string, Value>>,
  packageRoot: string,
  { shards, layers }: FoundWeights,
): ModelEntry {
  const text = (key: string, otherwise: string): string => {
    const value = written[key];
    return typeof value === 'string' ? value : otherwise;
  };
  const eps = written.group_norm_eps;
  return {
    name,
    weights: text('weights', ''),
    shards: shards.map((name) => join(dirname(text('weights', '')), name)),
    tokenizer: TOKENIZERS.find((name) => name === written.tokenizer) ?? 'auto',
    ...(typeof written.state === 'string' ? { state: written.state } : {}),
    ...(typeof eps === 'number' ? { groupNormEps: eps } : {}),
    calibration: text('calibration', `${packageRoot}/${SHIPPED}/calibration.txt`),
    evaluation: text('evaluation', `${packageRoot}/${SHIPPED}/heldout.txt`),
    prompt: text('prompt', 'It was a '),
    ...(typeof written.encodings === 'string' ? { encodings: written.encodings } : {}),
    ...(layers === undefined ? {} : { layers }),
  };
}

/** The entry in a cell's `with:`; the schema has seen to its shape. */
export function modelParameter(parameters: Readonly<Record<string, Value>>): ModelEntry {
  return parameters.model as unknown as ModelEntry;
}
