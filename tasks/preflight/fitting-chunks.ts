import type { PrecisionRecipe } from '../precision-recipe.ts';
import type { Soc } from '../soc-table.ts';
import { type ChunkPrediction, predictChunks } from './chunk-prediction.ts';
import type { ModelOutline } from './model-outline.ts';

/** How far a predicted size may be off: a chunk counts as fitting, or as too large, only beyond that. */
export const TOLERANCE = 0.04;

const GIB = 2 ** 30;

/** What has to be known to say whether a chunk count works. */
export interface Fitting {
  readonly model: ModelOutline;
  readonly soc: Soc;
  readonly precision: PrecisionRecipe;
  readonly externalEmbedding: boolean;
  readonly externalHead: boolean;
  readonly prefill: number;
}

export const graphLimitBytes = (soc: Soc): number => soc.graphGib * GIB;

/**
 * What one process domain of a 32-bit DSP can map (ggml-org/llama.cpp#18336: 3.8 GB); QNN opens another for a
 * context that finds no room ("Failed to find available PD" is logged where it may not).
 */
const SESSION_BYTES = 3.75 * GIB;

/** In how many process domains the contexts find room, each whole in one, in their order. */
export function sessionCount(chunks: readonly ChunkPrediction[]): number {
  let count = 1;
  let used = 0;
  for (const { sessionBytes } of chunks) {
    if (used > 0 && used + sessionBytes > SESSION_BYTES) {
      count += 1;
      used = 0;
    }
    used += sessionBytes;
  }
  return count;
}

/** The largest chunk's size on the DSP. */
export const largestBytes = (chunks: readonly ChunkPrediction[]): number =>
  Math.max(...chunks.map(({ binaryBytes }) => binaryBytes));

/** The smallest chunk count whose every chunk surely fits, and whose compilation takes no more memory than that. */
export function fewestChunks(
  fitting: Fitting,
  memoryBytes: number = Number.POSITIVE_INFINITY,
): number | undefined {
  const { model } = fitting;
  for (let chunks = 1; chunks <= model.layers.length; chunks += 1) {
    const predicted = predictChunks(model, { ...fitting, chunks });
    const fits = largestBytes(predicted) * (1 + TOLERANCE) <= graphLimitBytes(fitting.soc);
    if (fits && peakMemoryBytes(predicted) <= memoryBytes) return chunks;
  }
  return undefined;
}

/** The most memory that a command needs which makes one of these chunks. */
export const peakMemoryBytes = (chunks: readonly ChunkPrediction[]): number =>
  Math.max(...chunks.flatMap((chunk) => [chunk.convertMemoryBytes, chunk.compileMemoryBytes]));
