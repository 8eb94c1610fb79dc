import type { Failure } from '../../engine/failure.ts';
import { ok, type Result } from '../../engine/result.ts';
import { chunkName, graphName, HEAD } from '../chunk-name.ts';
import { isHalves } from '../precision-recipe.ts';
import { findSoc } from '../soc-table.ts';
import { autoChunks } from './auto-chunks.ts';
import { type ChunkPrediction, predictChunks } from './chunk-prediction.ts';
import {
  type Fitting,
  graphLimitBytes,
  largestBytes,
  peakMemoryBytes,
  sessionCount,
} from './fitting-chunks.ts';
import { type ModelOutline, partsOf, weightsOf } from './model-outline.ts';
import { OutlineReader, type WeightSource } from './outline-reader.ts';
import type { PreflightCase } from './preflight-cases.ts';
import { judge, type Verdict } from './preflight-verdict.ts';

/** What is asked of the surroundings, so that nothing has to be run. */
export interface PreflightGround extends WeightSource {
  /** What an action took the last time. */
  readonly recorded: (id: string) => Recorded | undefined;
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
}

export interface Recorded {
  readonly seconds: number;
  readonly peakMemoryBytes?: number | undefined;
}

/** What one context is predicted to need, and whether it can be made. */
export interface PreflightRow {
  readonly model: string;
  readonly soc: string;
  readonly precision: string;
  readonly chunks: number | null;
  readonly layers: number | null;
  /** All chunks' contexts together, and the largest of them, which the compiler's limit is held against. */
  readonly binaryBytes: number;
  readonly largestBytes: number;
  readonly limitBytes: number;
  /** Model libraries for one target, together; 0 where none are made. */
  readonly libraryBytes: number;
  /** Of the DSP's address space, with everything loaded. */
  readonly sessionBytes: number;
  /** How many process domains of the DSP that takes. */
  readonly sessions: number;
  /** The most that one command of its build takes of this machine's memory. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly diskBytes: number;
  readonly freeDiskBytes: number;
  /** Of one core, for conversion and compilation. */
  readonly seconds: number;
  /** Whether time and memory are those of the last build here, or predicted. */
  readonly measured: boolean;
  readonly verdict: Verdict['verdict'];
  readonly axis?: string;
  readonly reason?: string;
  /** The nearest value of that axis that works. */
  readonly nearest?: string;
}

const NOTHING_KNOWN = {
  chunks: null,
  layers: null,
  binaryBytes: 0,
  largestBytes: 0,
  libraryBytes: 0,
  sessionBytes: 0,
  sessions: 0,
  memoryBytes: 0,
  diskBytes: 0,
  seconds: 0,
  measured: false,
} as const satisfies Partial<PreflightRow>;

/** Predicts each case from the shapes of its weights. `all` are the pipeline's cases, which decide `chunks: auto`. */
export async function preflightRows(
  cases: readonly PreflightCase[],
  all: readonly PreflightCase[],
  ground: PreflightGround,
): Promise<Result<readonly PreflightRow[], Failure>> {
  const outlines = new OutlineReader(ground);
  const rows: PreflightRow[] = [];
  for (const one of cases) {
    const model = await outlines.of(one.model);
    const auto =
      model === undefined
        ? 1
        : autoChunks(
            model,
            all.filter((other) => other.model.name === one.model.name),
          );
    const row = preflightRow(one, model, auto, ground);
    if (!row.ok) return row;
    rows.push(row.value);
  }
  return ok(rows);
}

function preflightRow(
  one: PreflightCase,
  model: ModelOutline | undefined,
  auto: number,
  ground: PreflightGround,
): Result<PreflightRow, Failure> {
  const soc = findSoc(one.soc);
  if (!soc.ok) return soc;
  const { freeMemoryBytes, freeDiskBytes } = ground;
  const named = { model: one.model.name, soc: soc.value.name, precision: one.precision.name };
  const limits = { limitBytes: graphLimitBytes(soc.value), freeMemoryBytes, freeDiskBytes };
  if (model === undefined) {
    const reason = `${one.model.weights} cannot be read as weights of an RWKV`;
    return ok({ ...named, ...limits, ...NOTHING_KNOWN, verdict: 'unknown', axis: 'model', reason });
  }
  const fitting = {
    model,
    soc: soc.value,
    precision: one.precision,
    externalEmbedding: one.externalEmbedding,
    externalHead: one.externalHead,
    prefill: one.prefill,
  };
  const chunks = one.chunks === 'auto' ? auto : one.chunks;
  const row = { ...named, ...limits, ...figuresOf(one, chunks, fitting, ground) };
  return ok({ ...row, ...judge(row, one, fitting) });
}

type Figures = Pick<PreflightRow, keyof typeof NOTHING_KNOWN>;

function figuresOf(one: PreflightCase, chunks: number, fitting: Fitting, ground: PreflightGround): Figures {
  const layers = fitting.model.layers.length;
  const possible = Number.isInteger(chunks) ? Math.min(Math.max(chunks, 1), layers) : 1;
  const predicted = predictChunks(fitting.model, { ...fitting, chunks: possible });
  const total = (of: (chunk: ChunkPrediction) => number): number =>
    Math.round(predicted.reduce((sum, chunk) => sum + of(chunk), 0));
  const recorded = recordedOf(one, possible, ground);
  const binaryBytes = total((chunk) => chunk.binaryBytes);
  const libraryBytes = one.libraries === 0 ? 0 : total((chunk) => chunk.libraryBytes);
  return {
    chunks,
    layers,
    binaryBytes,
    largestBytes: Math.round(largestBytes(predicted)),
    libraryBytes,
    sessionBytes: total((chunk) => chunk.sessionBytes),
    sessions: sessionCount(predicted),
    memoryBytes: recorded?.memoryBytes ?? Math.round(peakMemoryBytes(predicted)),
    // The weights as fp32, their codes and the DLCs in the store; libraries and contexts there and under `out/`,
    // contexts on the device too.
    diskBytes:
      weightsOf(partsOf(fitting.model)) * 4 +
      (isHalves(one.precision) ? 0 : total((chunk) => chunk.codeBytes)) +
      total((chunk) => chunk.dlcBytes + 2 * chunk.twinBytes) +
      libraryBytes * one.libraries * 2 +
      binaryBytes * 3,
    seconds: recorded?.seconds ?? total((chunk) => chunk.convertSeconds + chunk.compileSeconds),
    measured: recorded !== undefined,
  };
}

/** What its actions took the last time, if all of them ever ran here. */
function recordedOf(
  one: PreflightCase,
  chunks: number,
  ground: PreflightGround,
): { readonly seconds: number; readonly memoryBytes: number } | undefined {
  let seconds = 0;
  let memoryBytes = 0;
  for (const id of actionIds(one, chunks)) {
    const found = ground.recorded(id);
    if (found === undefined) return undefined;
    seconds += found.seconds;
    memoryBytes = Math.max(memoryBytes, found.peakMemoryBytes ?? 0);
  }
  return { seconds, memoryBytes };
}

/** The actions that make its contexts. */
function actionIds({ cells, externalHead, prefill }: PreflightCase, chunks: number): readonly string[] {
  const ids = Array.from({ length: chunks }, (_, index) => index + 1).flatMap((chunk) => [
    ...graphTokens(prefill).map((tokens) => `${cells.convert}/${graphName({ chunk, chunks, tokens })}`),
    `${cells.context}/${chunkName(chunk, chunks)}`,
    ...(prefill > 0 ? [`${cells.context}/${chunkName(chunk, chunks)}-unshared`] : []),
  ]);
  return externalHead ? [...ids, `${cells.convert}/${HEAD}`, `${cells.context}/${HEAD}`] : ids;
}

/** The tokens that each graph of a chunk takes at once. */
const graphTokens = (prefill: number): readonly number[] => (prefill > 0 ? [1, prefill] : [1]);
