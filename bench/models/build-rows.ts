import type { ModelBench } from './model-bench.ts';
import { atMost, type ModelGoal, type ModelRow, missing, rate, ratio } from './model-row.ts';
import { syntheticSite } from './synthetic-site.ts';

const SMALL = { arch: 'v7', layers: 12, embd: 768 } as const;
const LARGE = { arch: 'v7', layers: 24, embd: 2048 } as const;
const BUILD = ['context', '--soc', 'SM8650'] as const;
/** The first call has two chunks, the second one cuts the model anew. As much text is read as by default. */
const LARGE_BUILD = [...BUILD, '--precision', 'a16w8', '--set', 'calibrated=600'] as const;
const GIBIBYTE = 2 ** 30;

/** What a context's report says of the compiler. */
interface CompileReport {
  readonly seconds: { readonly compose: number; readonly finalize: number; readonly serialise: number };
}

export const BUILD_ROWS: readonly ModelRow[] = [
  {
    id: 'build-0.1b',
    title: "v7 of 12 × 768, fp16, one SoC: the whole build against the QNN compiler's own time in it",
    takes: 'minutes',
    measure: measureSmall,
  },
  {
    id: 'build-1.6b',
    title: 'v7 of 24 × 2048, a16w8, SM8650: the whole build, then cut into 4 chunks instead of 2',
    takes: 'an hour',
    measure: measureLarge,
  },
];

async function measureSmall(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const text = 'build ÷ compiling';
  const site = await syntheticSite(bench, SMALL);
  if (typeof site === 'string') return [missing(text, site)];
  // Programs are built once for all models.
  await site.run('host-tools');
  const run = await site.run(...BUILD, '--precision', 'fp16', '--set', 'chunks=1');
  if (run.code !== 0) return [missing(text, run.complaint)];
  if (run.actions.every(({ outcome }) => outcome === 'cached'))
    return [missing(text, 'everything was cached; measure in a new folder')];
  const { seconds } = site.read<CompileReport>('out/synthetic/fp16/SM8650/synthetic_chunk1of1.json');
  const compiling = seconds.compose + seconds.finalize + seconds.serialise;
  return [
    {
      ...atMost(text, run.seconds / compiling, 1.5, ratio),
      reached: `${ratio(run.seconds / compiling)} (${rate(run.seconds)} s ÷ ${rate(compiling)} s)`,
    },
  ];
}

async function measureLarge(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const site = await syntheticSite(bench, LARGE);
  if (typeof site === 'string') return [missing('a 1.6 B build', site)];
  await site.run('host-tools');
  const first = await site.run(...LARGE_BUILD, '--set', 'chunks=2');
  if (first.code !== 0) return [missing('a 1.6 B build', first.complaint)];
  const second = await site.run(...LARGE_BUILD, '--set', 'chunks=4');
  const again = second.actions.filter(
    ({ id, outcome }) => outcome === 'ran' && /^convert\/.*\/weights-/.test(id),
  );
  return [
    { text: 'a 1.6 B build completes', reached: `${rate(first.seconds / 60)} minutes`, met: true },
    atMost('peak resident memory, GiB', first.memory / GIBIBYTE, 8, rate),
    ...(second.code === 0
      ? [
          atMost('2 → 4 chunks: weights quantised again', again.length, 0, String),
          atMost('2 → 4 chunks: time ÷ first build', second.seconds / first.seconds, 0.6, ratio),
        ]
      : [missing('2 → 4 chunks', second.complaint)]),
  ];
}
