import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifiedRecord } from '../../tasks/fidelity/verified-record.ts';
import { type ModelBench, type ModelSite, REPOSITORY } from './model-bench.ts';
import { atMost, type ModelGoal, type ModelRow, missing, small } from './model-row.ts';

/** The most that predictions of a shipped model may diverge on the HTP emulator, in nats. */
const KL_BOUNDS = { fp16: 1e-4, a16w8: 5e-4, 'a16w4-mixed': 5e-3 } as const;
/** RWKV versions that have to have a shipped model. */
const SHIPPED = ['rwkv5-austen', 'rwkv6-austen', 'rwkv7-austen'] as const;

export const FIDELITY_ROWS: readonly ModelRow[] = SHIPPED.map((model) => ({
  id: `fidelity-${model}`,
  title: `${model}: KL to the fp32 reference over 256 tokens, HTP emulator`,
  takes: 'minutes',
  measure: (bench) => measureFidelity(bench, model),
}));

async function measureFidelity(bench: ModelBench, model: string): Promise<readonly ModelGoal[]> {
  const site = shippedSite(bench);
  const goals: ModelGoal[] = [];
  for (const [precision, bound] of Object.entries(KL_BOUNDS)) {
    const text = `${model} ${precision}: KL`;
    if (!existsSync(join(REPOSITORY, 'models', model))) {
      goals.push(missing(text, 'there is no such model yet'));
      continue;
    }
    const options = ['--model', model, '--precision', precision, '--soc', 'SM8650'];
    const run = await site.run('verify', 'fidelity', ...options);
    const record = `out/${model}/${precision}/SM8650/verified.json`;
    // A stage beyond its bound ends the call with 1, and has been recorded all the same.
    if (!site.has(record)) goals.push(missing(text, run.complaint));
    else goals.push(fidelityGoal(site.read<VerifiedRecord>(record), text, bound));
  }
  return goals;
}

function fidelityGoal(record: VerifiedRecord, text: string, bound: number): ModelGoal {
  const stage = record.stages.find((one) => one.stage === 'emulator');
  return atMost(text, stage?.kl_mean ?? null, bound, small);
}

/** The repository's own pipeline, with every model that lies there. */
export function shippedSite(bench: ModelBench): ModelSite {
  const site = bench.site('shipped');
  site.write('rwkv.pipeline.yaml', readFileSync(join(REPOSITORY, 'rwkv.pipeline.yaml'), 'utf8'));
  if (!site.has('models')) symlinkSync(join(REPOSITORY, 'models'), join(site.folder, 'models'));
  return site;
}
