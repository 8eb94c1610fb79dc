import { join } from 'node:path';
import { type ModelBench, REPOSITORY } from '../models/model-bench.ts';
import { atLeast, type ModelGoal, type ModelRow, missing, rate } from '../models/model-row.ts';
import { largeVocabulary } from './large-vocabulary.ts';
import { builtProgram, measured, pythonOfBench } from './runtime-bench.ts';

const TIMES_FASTER = 3;
const LINES = 1_000_000;

export const TOKENIZER_ROW: ModelRow = {
  id: 'tokenizer',
  title: "World's tokenizer: the tokens of the package rwkv, and the speed of pyrwkv-tokenizer on one thread",
  takes: 'minutes',
  measure: measureTokenizer,
};

/** Bytes a second; see compare_tokenizers.py. */
interface Comparison {
  readonly speed: { readonly list: number; readonly pyrwkv: number; readonly native: number };
  readonly lines: number;
  readonly tokens: number;
  readonly different: string | null;
}

async function measureTokenizer(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const exact = `the tokens of the package rwkv on ${LINES} lines`;
  const site = await largeVocabulary(bench, 'host-tools');
  if (typeof site === 'string') return [missing(exact, site)];
  const script = join(REPOSITORY, 'bench/runtime/compare_tokenizers.py');
  const bindings = join(REPOSITORY, 'runtime-native/bindings/rwkv_qnn.py');
  const found = await measured<Comparison>(
    await pythonOfBench(),
    [script, bindings, builtProgram(site, 'librwkv_qnn.so'), REPOSITORY],
    { cwd: site.folder },
  );
  if (typeof found === 'string') return [missing(exact, found)];
  const { list, pyrwkv, native } = found.speed;
  const speeds = `${rate(native / 1e6)} MB/s ÷ ${rate(pyrwkv / 1e6)} MB/s`;
  const faster: ModelGoal = {
    ...atLeast('speed ÷ that of pyrwkv-tokenizer', native / pyrwkv, TIMES_FASTER, rate),
    reached: `${rate(native / pyrwkv)} (${speeds}; ${rate(list / 1e6)} MB/s as a list instead of an array)`,
  };
  return [
    {
      text: exact,
      reached: found.different ?? `${found.tokens} tokens are the same`,
      met: found.different === null && found.lines >= LINES,
    },
    faster,
  ];
}
