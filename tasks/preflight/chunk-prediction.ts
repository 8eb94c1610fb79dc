import { linearBits, type PrecisionRecipe } from '../precision-recipe.ts';
import type { ModelOutline, PartOutline } from './model-outline.ts';

/** How a model is cut and stored. */
export interface Cut {
  readonly precision: PrecisionRecipe;
  readonly chunks: number;
  /** The embedding table stays out of the graphs. */
  readonly externalEmbedding: boolean;
}

/** What one chunk will be, in bytes and seconds of one core. */
export interface ChunkPrediction {
  readonly layers: number;
  readonly dlcBytes: number;
  readonly binaryBytes: number;
  /** The model library: the DLC and a little code. */
  readonly libraryBytes: number;
  /** What the context takes of the DSP's address space: weights, operations, inputs and outputs. */
  readonly sessionBytes: number;
  readonly convertMemoryBytes: number;
  readonly compileMemoryBytes: number;
  readonly convertSeconds: number;
  readonly compileSeconds: number;
}

/** A chunk's prediction, as its parts make it. */
export function predictChunks(model: ModelOutline, cut: Cut): readonly ChunkPrediction[] {
  const count = model.layers.length;
  return Array.from({ length: cut.chunks }, (_, index) => {
    const [first, end] = [
      Math.floor((index * count) / cut.chunks),
      Math.floor(((index + 1) * count) / cut.chunks),
    ];
    const parts = [...model.layers.slice(first, end)];
    if (index === 0) parts.push(model.embedding);
    if (index === cut.chunks - 1) parts.push(model.head);
    return predictChunk(model, parts, end - first, cut);
  });
}

// Sizes: fitted to the shipped model (4 layers × 192) and a synthetic v7 of 12 × 768, both in two chunks, fp16 and
// a16w8, for SM8650; v7 of 4 and 12 × 2048 agree within 2 %, v6 of 6 × 768 within 0.5 %. A layer's vectors are stored in tiles of 32 rows,
// which is what grows with the width.
const CONTEXT_PER_LAYER = 65e3;
const CONTEXT_PER_LAYER_AND_WIDTH = 670;
const CONTEXT_PER_QUANTISED_CHANNEL = 8;
const DLC_PER_LAYER = 42e3;
const DLC_PER_QUANTISED_CHANNEL = 26;
const LIBRARY_CODE = 16e3;

// Memory and time of one command: the same builds, and up to 24 layers of 1024 and 12 of 2048. Times vary by a
// factor of two with the machine; the compiler's grows faster than the number of operations.
const COMPILE_MEMORY_FIXED = 0.3e9;
const COMPILE_MEMORY_PER_BYTE = 4.2;
const CONVERT_MEMORY_FIXED = 0.2e9;
const CONVERT_MEMORY_PER_WEIGHT = 5;
const COMPILE_SECONDS_FIXED = 0.5;
const COMPILE_SECONDS_PER_BYTE = 0.02e-6;
const COMPILE_SECONDS_PER_LAYER = 0.5;
const COMPILE_SECONDS_PER_CUBED_LAYER = 0.004;
const CONVERT_SECONDS_FIXED = 2;
const CONVERT_SECONDS_PER_WEIGHT = 15e-9;

/** Of what goes into graphs and comes out: halves or codes, unless the precision wants otherwise. */
const END_BYTES = { fp16: 2, fp32: 4 } as const;

function predictChunk(
  model: ModelOutline,
  parts: readonly PartOutline[],
  layers: number,
  { precision, externalEmbedding }: Cut,
): ChunkPrediction {
  const sum = (of: (part: PartOutline) => number): number =>
    parts.reduce((total, part) => total + of(part), 0);
  const bits = linearBits(precision);
  const halves = sum(({ table, other }) => other + (externalEmbedding ? 0 : table));
  const linear = sum((part) => part.linear);
  const weightBytes = (linear * bits) / 8 + halves * 2;
  const channels = bits < 16 ? sum((part) => part.channels) : 0;
  const perLayer = CONTEXT_PER_LAYER + CONTEXT_PER_LAYER_AND_WIDTH * model.width;
  const binaryBytes = weightBytes + layers * perLayer + channels * CONTEXT_PER_QUANTISED_CHANNEL;
  const dlcBytes = weightBytes + layers * DLC_PER_LAYER + channels * DLC_PER_QUANTISED_CHANNEL;
  const endBytes = END_BYTES[precision.io];
  // A state goes in and comes out: two vectors and a matrix per head.
  const stateBytes = 2 * layers * (2 + model.headSize) * model.width * endBytes;
  return {
    layers,
    dlcBytes,
    binaryBytes,
    libraryBytes: dlcBytes + LIBRARY_CODE,
    sessionBytes: binaryBytes + stateBytes + model.vocabulary * endBytes,
    convertMemoryBytes: CONVERT_MEMORY_FIXED + (linear + halves) * CONVERT_MEMORY_PER_WEIGHT,
    compileMemoryBytes: COMPILE_MEMORY_FIXED + binaryBytes * COMPILE_MEMORY_PER_BYTE,
    convertSeconds: CONVERT_SECONDS_FIXED + (linear + halves) * CONVERT_SECONDS_PER_WEIGHT,
    compileSeconds:
      COMPILE_SECONDS_FIXED +
      binaryBytes * COMPILE_SECONDS_PER_BYTE +
      layers * COMPILE_SECONDS_PER_LAYER +
      layers ** 3 * COMPILE_SECONDS_PER_CUBED_LAYER,
  };
}
