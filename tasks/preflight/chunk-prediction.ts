import type { PrecisionRecipe } from '../precision-recipe.ts';
import type { ModelOutline, PartOutline } from './model-outline.ts';
import { bitsOf } from './weight-bits.ts';

/** How a model is cut and stored. */
export interface Cut {
  readonly precision: PrecisionRecipe;
  readonly chunks: number;
  /** The embedding table stays out of the graphs. */
  readonly externalEmbedding: boolean;
  /** The head is in a context of its own. */
  readonly externalHead: boolean;
  /** Tokens of a prompt that a second graph of each chunk takes at once; 0: there is none. */
  readonly prefill: number;
}

/** What one chunk will be, in bytes and seconds of one core. */
export interface ChunkPrediction {
  readonly layers: number;
  /** Of its weights, once. */
  readonly codeBytes: number;
  /** Of all its graphs. */
  readonly dlcBytes: number;
  readonly binaryBytes: number;
  /** The twin in which each graph has weights of its own, for the emulator; 0 where there is one graph. */
  readonly twinBytes: number;
  /** The model library: the DLC and a little code. */
  readonly libraryBytes: number;
  /** What the context takes of the DSP's address space: weights, operations, inputs and outputs. */
  readonly sessionBytes: number;
  readonly convertMemoryBytes: number;
  readonly compileMemoryBytes: number;
  readonly convertSeconds: number;
  readonly compileSeconds: number;
}

/** A prediction for each context, as its parts make it: of the chunks, and of the head where it has one. */
export function predictChunks(model: ModelOutline, cut: Cut): readonly ChunkPrediction[] {
  const count = model.layers.length;
  const chunks = Array.from({ length: cut.chunks }, (_, index) => {
    const [first, end] = [
      Math.floor((index * count) / cut.chunks),
      Math.floor(((index + 1) * count) / cut.chunks),
    ];
    const parts = [...model.layers.slice(first, end)];
    if (index === 0) parts.push(model.embedding);
    if (index === cut.chunks - 1 && !cut.externalHead) parts.push(model.head);
    return predictChunk(model, parts, end - first, cut);
  });
  // Of a prompt it takes the last token alone.
  return cut.externalHead
    ? [...chunks, predictChunk(model, [model.head], 0, { ...cut, prefill: 0 })]
    : chunks;
}

// Sizes: fitted to the shipped model (4 layers × 192) in two chunks and to synthetic v7 of 4 × 768 and 2 × 2048, fp16 and
// a16w8, for SM8650, within 3 %; v6 of 4 × 768 agrees within 1 %. Vectors are stored in tiles, whose rest grows with the width.
const CONTEXT_PER_LAYER = 85e3;
const CONTEXT_PER_LAYER_AND_WIDTH = 220;
const DLC_PER_LAYER = 42e3;
const DLC_PER_QUANTISED_CHANNEL = 26;
const LIBRARY_CODE = 16e3;

// A prefill graph beside it, in fp16: the same models with blocks of 16 and 32 tokens, within 20 KB a layer.
const PREFILL_PER_LAYER = 83e3;
const PREFILL_PER_LAYER_AND_WIDTH = 75;
const PREFILL_PER_LAYER_AND_TOKEN = 1250;
/** Of the time that the graph for one token takes to compile. */
const PREFILL_SECONDS_PER_TOKEN = 0.12;

// Memory and time of one command: v7 of 12 × 768 and 24 × 2048 in 1, 2 and 4 chunks, within 5 %, but times, which vary
// by a factor of two with the machine; the compiler's grows faster than the number of operations.
const COMPILE_MEMORY_FIXED = 0.1e9;
const COMPILE_MEMORY_PER_BYTE = 5.4;
const CONVERT_MEMORY_FIXED = 0.1e9;
const CONVERT_MEMORY_PER_BYTE = 2.1;
const COMPILE_SECONDS_FIXED = 0.5;
const COMPILE_SECONDS_PER_BYTE = 0.02e-6;
const COMPILE_SECONDS_PER_LAYER = 0.5;
const COMPILE_SECONDS_PER_CUBED_LAYER = 0.004;
const CONVERT_SECONDS_FIXED = 2;
const CONVERT_SECONDS_PER_BYTE = 12e-9;

/** Of what goes into graphs and comes out: halves or codes, unless the precision wants otherwise. */
const END_BYTES = { fp16: 2, fp32: 4 } as const;

function predictChunk(
  model: ModelOutline,
  parts: readonly PartOutline[],
  layers: number,
  cut: Cut,
): ChunkPrediction {
  const { codeBytes, channels } = storedWeights(model, parts, cut);
  const perLayer = CONTEXT_PER_LAYER + CONTEXT_PER_LAYER_AND_WIDTH * model.width;
  const decodeBytes = codeBytes + layers * perLayer;
  const oneDlcBytes = codeBytes + layers * DLC_PER_LAYER + channels * DLC_PER_QUANTISED_CHANNEL;
  const graphs = cut.prefill > 0 ? 2 : 1;
  const spreadBytes = layers * model.spreadBytes; // of the graph for one token alone
  const prefillPerLayer =
    PREFILL_PER_LAYER + PREFILL_PER_LAYER_AND_WIDTH * model.width + PREFILL_PER_LAYER_AND_TOKEN * cut.prefill;
  const prefillBytes = graphs === 1 ? 0 : layers * prefillPerLayer;
  const binaryBytes = decodeBytes + prefillBytes;
  const twinBytes = graphs === 1 ? 0 : 2 * decodeBytes + prefillBytes;
  // With one copy of the weights in the end or two: while it compiles, each graph has its own.
  const compiledBytes = Math.max(binaryBytes, twinBytes);
  const decodeSeconds =
    COMPILE_SECONDS_FIXED +
    decodeBytes * COMPILE_SECONDS_PER_BYTE +
    layers * COMPILE_SECONDS_PER_LAYER +
    layers ** 3 * COMPILE_SECONDS_PER_CUBED_LAYER;
  const endBytes = END_BYTES[cut.precision.io];
  // A state goes in and comes out: two vectors and a matrix per head.
  const stateBytes = 2 * layers * (2 + model.headSize) * model.width * endBytes;
  return {
    layers,
    codeBytes,
    dlcBytes: graphs * oneDlcBytes + spreadBytes,
    binaryBytes,
    twinBytes,
    libraryBytes: graphs * (oneDlcBytes + LIBRARY_CODE) + spreadBytes,
    sessionBytes: binaryBytes + stateBytes + model.vocabulary * endBytes,
    convertMemoryBytes: CONVERT_MEMORY_FIXED + oneDlcBytes * CONVERT_MEMORY_PER_BYTE,
    compileMemoryBytes: COMPILE_MEMORY_FIXED + compiledBytes * COMPILE_MEMORY_PER_BYTE,
    convertSeconds: graphs * (CONVERT_SECONDS_FIXED + oneDlcBytes * CONVERT_SECONDS_PER_BYTE),
    // The context and its twin are compiled one after the other.
    compileSeconds: graphs * decodeSeconds * (1 + PREFILL_SECONDS_PER_TOKEN * cut.prefill),
  };
}

/** The weights' bytes as they are stored, and the outputs of those that are quantised. */
function storedWeights(
  { width }: ModelOutline,
  parts: readonly PartOutline[],
  { precision, externalEmbedding }: Cut,
): { readonly codeBytes: number; readonly channels: number } {
  let codeBytes = 0;
  let channels = 0;
  for (const { linears, table, other } of parts) {
    codeBytes += 2 * (other + (externalEmbedding ? 0 : table));
    for (const linear of linears) {
      const bits = bitsOf(precision, linear, width);
      codeBytes += (linear.elements * bits) / 8;
      if (bits < 16) channels += linear.channels;
    }
  }
  return { codeBytes, channels };
}
