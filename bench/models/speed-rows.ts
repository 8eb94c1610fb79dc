import type { PredictedCall, PredictedRecord } from '../../tasks/predict-speed/predicted-record.ts';
import type { ModelBench, ModelSite } from './model-bench.ts';
import { atLeast, atMost, type ModelGoal, type ModelRow, missing, rate, ratio } from './model-row.ts';
import { type SyntheticModel, syntheticSite } from './synthetic-site.ts';

/** SoCs by the proxies on which their speed is predicted, and the bytes that the head in w8 reads there a second. */
export const PROXIES = [
  { name: 'SA8255', soc: 'SM8650', bytesPerSecond: 44.7e9 },
  { name: 'SA8797', soc: 'SM8850', bytesPerSecond: 67.6e9 },
] as const;

/** Layers of a model of 1.6 B, made of chunks of four layers: a first, a last one with the head, and those between. */
const LAYERS = 24;
const CHUNK_LAYERS = 4;
const SIZES = { layers: 3 * CHUNK_LAYERS, embd: 2048 } as const;
const MOST_READ = 1.03;

interface SpeedGoal {
  readonly arch: SyntheticModel['arch'];
  readonly precision: string;
  /** Tokens a second on each proxy; undefined: 98 % of what reading the weights allows. */
  readonly decode: readonly [number, number] | undefined;
}

const DECODING: readonly SpeedGoal[] = [
  { arch: 'v6', precision: 'a16w8', decode: [29, 44] },
  { arch: 'v7', precision: 'a16w8', decode: [31, 46] },
  { arch: 'v7', precision: 'a16w4-mixed', decode: [52, 84] },
  { arch: 'v7', precision: 'fp16', decode: undefined },
];

export const SPEED_ROWS: readonly ModelRow[] = DECODING.map((goal) => ({
  id: `decode-${goal.arch}-${goal.precision}`,
  title: `${goal.arch} ${goal.precision}: predicted decoding at 1.6 B (6 chunks of 4 layers, of which 3 are made)`,
  takes: 'an hour',
  measure: (bench) => measureDecoding(bench, goal),
}));

async function measureDecoding(bench: ModelBench, goal: SpeedGoal): Promise<readonly ModelGoal[]> {
  const { arch, precision, decode } = goal;
  const text = (what: string, proxy: string): string => `${arch} ${precision} on ${proxy}: ${what}`;
  const site = await predictedSite(bench, arch, precision);
  if (typeof site === 'string') return [missing(text('tokens/s', 'both proxies'), site)];
  return PROXIES.flatMap(({ name, soc, bytesPerSecond }, index) => {
    const call = wholeModel(site, precision, soc, (one) => one.tokens === 1);
    if (call === undefined) return [missing(text('tokens/s', name), 'the graph for one token is not there')];
    const limit = bytesPerSecond / call.weightBytes;
    const wanted = decode?.[index] ?? 0.98 * limit;
    return [
      atLeast(text(`tokens/s (limit ${rate(limit)})`, name), 1e6 / call.microseconds, wanted, rate),
      atMost(text('DDR read ÷ weights', name), call.filledBytes / call.weightBytes, MOST_READ, ratio),
    ];
  });
}

/** The synthetic chunks with their predictions for both proxies, or why there are none. */
export async function predictedSite(
  bench: ModelBench,
  arch: SyntheticModel['arch'],
  precision: string,
  ...options: readonly string[]
): Promise<ModelSite | string> {
  const site = await syntheticSite(bench, { arch, ...SIZES });
  if (typeof site === 'string') return site;
  const socs = PROXIES.map(({ soc }) => soc).join(',');
  const run = await site.run('predict', '-j', '1', '--precision', precision, '--soc', socs, ...options);
  return run.code === 0 ? site : run.complaint;
}

interface WholeModel {
  readonly tokens: number;
  readonly microseconds: number;
  readonly filledBytes: number;
  readonly weightBytes: number;
}

/** A call of all 24 layers: the first chunk and the last one once, and the one between as often as it takes. */
export function wholeModel(
  site: ModelSite,
  precision: string,
  soc: string,
  isWanted: (call: PredictedCall) => boolean,
): WholeModel | undefined {
  const { calls } = site.read<PredictedRecord>(`out/synthetic/${precision}/${soc}/predicted.json`);
  const call = calls.find(isWanted);
  if (call === undefined) return undefined;
  const total = (of: (chunk: PredictedCall['chunks'][number]) => number): number =>
    call.chunks.reduce((sum, chunk, index) => {
      const isBetween = index > 0 && index < call.chunks.length - 1;
      return sum + of(chunk) * (isBetween ? LAYERS / CHUNK_LAYERS - 2 : 1);
    }, 0);
  return {
    tokens: call.tokens,
    microseconds: total((chunk) => chunk.microseconds),
    filledBytes: total((chunk) => chunk.filled_bytes),
    weightBytes: total((chunk) => chunk.weight_bytes),
  };
}
