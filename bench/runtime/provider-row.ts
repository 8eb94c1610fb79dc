import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelBench, REPOSITORY } from '../models/model-bench.ts';
import { atMost, type ModelGoal, type ModelRow, missing, rate, ratio } from '../models/model-row.ts';
import { contextOf, largeVocabulary } from './large-vocabulary.ts';
import { builtProgram, measured, pythonOfBench } from './runtime-bench.ts';

/** The emulator takes several times as long for codes as for floats. */
const TOKENS = { fp16: 64, a16w8: 24 } as const;

export const PROVIDER_ROW: ModelRow = {
  id: 'provider',
  title: "the same context through ONNX Runtime's QNN provider and through the library, on the emulator",
  takes: 'minutes',
  measure: measureProvider,
};

/** See provider_session.py. */
interface ProviderFigures {
  readonly different: number;
  readonly provider_milliseconds: number;
  readonly library_milliseconds: number;
  readonly ratio: number;
  readonly ratio_least: number;
  readonly ratio_most: number;
}

async function measureProvider(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const site = await largeVocabulary(bench, 'host-tools', 'context');
  if (typeof site === 'string') return [missing("logits that differ from ONNX Runtime's", site)];
  const python = await pythonOfBench();
  const goals: ModelGoal[] = [];
  for (const precision of ['fp16', 'a16w8'] as const) {
    const tokens = TOKENS[precision];
    const text = `${precision}: logits that differ from ONNX Runtime's, of ${tokens} tokens`;
    const folder = join(site.folder, 'provider');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const args = [
      join(REPOSITORY, 'bench/runtime/provider_session.py'),
      join(REPOSITORY, 'runtime-native/bindings/rwkv_qnn.py'),
      ...[builtProgram(site, 'librwkv_qnn.so'), contextOf(precision), folder, String(tokens)],
    ];
    const figures = await measured<ProviderFigures>(python, args, { cwd: site.folder });
    if (typeof figures === 'string') {
      goals.push(missing(text, figures));
      continue;
    }
    // Both are the emulator's time but for a thousandth: slower is what is slower by more than the noise.
    const { ratio: found, ratio_least: least, ratio_most: most } = figures;
    const medians = `${rate(figures.library_milliseconds)} ms ÷ ${rate(figures.provider_milliseconds)} ms`;
    goals.push(atMost(text, figures.different, 0, String), {
      ...atMost(`${precision}: time a token ÷ ONNX Runtime's, as far as the noise lets see`, least, 1, ratio),
      reached: `${ratio(found)}, ${ratio(least)} … ${ratio(most)} (${medians})`,
    });
  }
  return goals;
}
