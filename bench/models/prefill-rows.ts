import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import { shippedSite } from './fidelity-rows.ts';
import type { ModelBench } from './model-bench.ts';
import { atLeast, atMost, type ModelGoal, type ModelRow, missing, rate, small } from './model-row.ts';
import { PROXIES, predictedSite, wholeModel } from './speed-rows.ts';

const PRECISION = 'a16w4-mixed';
/** Tokens a second on each proxy. */
const WANTED = [900, 1900] as const;
/** How many tokens a graph takes at once, and how many are read by it and by steps to compare the two. */
const PREFILL = ['--set', 'prefill=64'] as const;
const COMPARED = ['--set', 'evaluation_tokens=129', '--set', 'tokens=1', '--device', 'emulator'] as const;
/** The most that what comes after blocks may diverge from what comes after steps, in nats. */
const KL_BOUND = 5e-4;

const ARCHS = [
  { arch: 'v7', trained: 'rwkv7-austen' },
  { arch: 'v6', trained: 'rwkv6-austen' },
] as const;

type Arch = (typeof ARCHS)[number];

export const PREFILL_ROWS: readonly ModelRow[] = ARCHS.map((arch) => ({
  id: `prefill-${arch.arch}`,
  title: `${arch.arch} ${PRECISION}: predicted prefill at 1.6 B, blocks against steps on the emulator`,
  takes: 'an hour',
  measure: async (bench) => [...(await measureFidelity(bench, arch)), ...(await measureSpeed(bench, arch))],
}));

async function measureSpeed(bench: ModelBench, { arch }: Arch): Promise<readonly ModelGoal[]> {
  const text = (proxy: string): string => `${arch} ${PRECISION} prefill on ${proxy}: tokens/s`;
  const site = await predictedSite(bench, arch, PRECISION, ...PREFILL);
  if (typeof site === 'string') return [missing(text('both proxies'), site)];
  return PROXIES.map(({ name, soc }, index) => {
    const call = wholeModel(site, PRECISION, soc, (one) => one.tokens > 1);
    if (call === undefined) return missing(text(name), 'the prefill graph is not there');
    return atLeast(text(name), (call.tokens * 1e6) / call.microseconds, WANTED[index] ?? 0, rate);
  });
}

/** The trained model with the same recipe and as many tokens at once. */
async function measureFidelity(bench: ModelBench, { trained }: Arch): Promise<readonly ModelGoal[]> {
  const text = `${trained} ${PRECISION}: KL(steps ‖ blocks)`;
  const site = shippedSite(bench);
  const options = ['--model', trained, '--precision', PRECISION, '--soc', 'SM8650'];
  const run = await site.run('benchmark', ...options, ...PREFILL, ...COMPARED);
  if (run.code !== 0) return [missing(text, run.complaint)];
  const { evaluation } = site.read<BenchmarkResult>(`out/${trained}/${PRECISION}/SM8650/benchmark.json`);
  return [atMost(text, evaluation.prefill?.kl_mean ?? null, KL_BOUND, small)];
}
