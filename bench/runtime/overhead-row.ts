import type { ModelBench } from '../models/model-bench.ts';
import { atMost, type ModelGoal, type ModelRow, missing } from '../models/model-row.ts';
import { contextOf, largeVocabulary } from './large-vocabulary.ts';
import {
  beside,
  builtProgram,
  type MeasuredBeside,
  measured,
  microseconds,
  pythonOfBench,
  qnnLibraries,
} from './runtime-bench.ts';

const MOST = 20;
/** The emulator takes seconds for a token with so many logits. */
const TOKENS = 12;

export const OVERHEAD_ROW: ModelRow = {
  id: 'overhead',
  title:
    "what a token takes in the library, outside of QNN's graphExecute, with 65536 logits; sampling is apart",
  takes: 'minutes',
  measure: measureOverhead,
};

interface SessionFigures {
  readonly session: { readonly outside_microseconds: number; readonly executing_microseconds: number };
}

async function measureOverhead(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const text = 'µs a token outside of QNN';
  const site = await largeVocabulary(bench, 'host-tools', 'context');
  if (typeof site === 'string') return [missing(text, site)];
  const libraries = await qnnLibraries(await pythonOfBench());
  if (libraries === undefined) return [missing(text, "Qualcomm's libraries are not there")];
  const program = builtProgram(site, 'runtime-bench');
  const goals: ModelGoal[] = [];
  for (const precision of ['fp16', 'a16w8']) {
    const args = ['--qnn-libs', libraries, '--context', contextOf(precision), '--tokens', String(TOKENS)];
    const figures = await measured<SessionFigures>(program, args, { cwd: site.folder });
    if (typeof figures === 'string') {
      goals.push(missing(`${text}, ${precision}`, figures));
      continue;
    }
    const { outside_microseconds: outside, executing_microseconds: executing } = figures.session;
    const goal = atMost(`${text}, ${precision}`, outside, MOST, microseconds);
    goals.push({ ...goal, reached: `${goal.reached} (in QNN's emulator: ${microseconds(executing)})` });
  }
  const decoding = await measured<{ readonly decoding: readonly MeasuredBeside[] }>(program, ['--decoding'], {
    cwd: site.folder,
  });
  if (typeof decoding === 'string') return [...goals, missing('µs to decode the logits', decoding)];
  const parts = decoding.decoding.map((one) =>
    beside(atMost(`of it µs to decode ${one.name} logits`, one.microseconds, MOST, microseconds), one),
  );
  return [...goals, ...parts];
}
