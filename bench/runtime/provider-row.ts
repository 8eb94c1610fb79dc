import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelBench, REPOSITORY } from '../models/model-bench.ts';
import { atMost, type ModelGoal, type ModelRow, missing, rate, ratio } from '../models/model-row.ts';
import { contextOf, largeVocabulary } from './large-vocabulary.ts';
import { builtProgram, measured, pythonOfBench } from './runtime-bench.ts';

const TOKENS = 64;

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
}

async function measureProvider(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const text = `logits that differ from ONNX Runtime's, of ${TOKENS} tokens`;
  const site = await largeVocabulary(bench, 'host-tools', 'context');
  if (typeof site === 'string') return [missing(text, site)];
  const folder = join(site.folder, 'provider');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const figures = await measured<ProviderFigures>(
    await pythonOfBench(),
    [
      join(REPOSITORY, 'bench/runtime/provider_session.py'),
      join(REPOSITORY, 'runtime-native/bindings/rwkv_qnn.py'),
      ...[builtProgram(site, 'librwkv_qnn.so'), contextOf('fp16'), folder, String(TOKENS)],
    ],
    { cwd: site.folder },
  );
  if (typeof figures === 'string') return [missing(text, figures)];
  const { different, provider_milliseconds: provider, library_milliseconds: own } = figures;
  return [
    atMost(text, different, 0, String),
    {
      ...atMost("time a token ÷ ONNX Runtime's", own / provider, 1, ratio),
      reached: `${ratio(own / provider)} (${rate(own)} ms ÷ ${rate(provider)} ms)`,
    },
  ];
}
