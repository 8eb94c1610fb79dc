import { cacheRoot } from '../../cache/cache-root.ts';
import { ActionHistory } from '../../engine/action-history.ts';
import { resolveTargets } from '../../engine/expansion.ts';
import { preflightCases } from '../../tasks/preflight/preflight-cases.ts';
import { type PreflightRow, preflightRows } from '../../tasks/preflight/preflight-rows.ts';
import { shapeReader } from '../../tasks/preflight/weight-shapes.ts';
import { registeredTools } from '../../tasks/tool-registry.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { packageRoot } from '../package-root.ts';
import { requestedPipeline } from '../pipeline-request.ts';
import { pipelineValidator } from '../pipeline-validators.ts';
import { preflightGround } from '../preflight-ground.ts';
import { paletteFor } from '../reporters/palette.ts';
import { preflightText } from '../reporters/preflight-text.ts';
import { defaultTargets } from '../workbench.ts';
import { failUsage } from './command-failure.ts';

/** Prints what each context would need and whether it can be made, from the weights' shapes. Runs nothing. */
export async function preflight(targets: readonly string[], options: BuildOptions): Promise<number> {
  const root = packageRoot();
  const pipeline = await requestedPipeline(options, pipelineValidator(), root);
  if (!pipeline.ok) return failUsage(pipeline.failure, options);
  const wanted = resolveTargets(
    pipeline.value,
    targets.length > 0 ? targets : defaultTargets(pipeline.value),
  );
  if (!wanted.ok) return failUsage([wanted.failure], options);
  const cases = preflightCases(pipeline.value, wanted.value);
  if (!cases.ok) return failUsage([cases.failure], options);
  const all = preflightCases(pipeline.value, Object.keys(pipeline.value.tasks));
  if (!all.ok) return failUsage([all.failure], options);
  const store = cacheRoot(process.env);
  const python = registeredTools(root, store).get('python');
  const history = ActionHistory.open(store, pipeline.value.source.file);
  const ground = await preflightGround(pipeline.value.folder, history, shapeReader(root, python));
  const rows = await preflightRows(cases.value, all.value, ground);
  if (!rows.ok) return failUsage([rows.failure], options);
  if (options.json) {
    for (const row of rows.value) process.stdout.write(`${JSON.stringify({ type: 'preflight', ...row })}\n`);
  } else {
    process.stdout.write(`${preflightText(rows.value, paletteFor(process.stdout)).join('\n')}\n`);
  }
  return preflightCode(rows.value);
}

/** A combination that cannot work is the call's mistake; memory and disk are this machine's lack. */
function preflightCode(rows: readonly PreflightRow[]): number {
  if (rows.some(({ verdict }) => verdict === 'refused' || verdict === 'unknown')) return EXIT.usage;
  return rows.some(({ verdict }) => verdict === 'lacking') ? EXIT.environmentMissing : EXIT.ok;
}
