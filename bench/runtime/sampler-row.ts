import type { ModelBench } from '../models/model-bench.ts';
import { atMost, type ModelGoal, type ModelRow, missing } from '../models/model-row.ts';
import { largeVocabulary } from './large-vocabulary.ts';
import { beside, builtProgram, type MeasuredBeside, measured, microseconds } from './runtime-bench.ts';

const MOST = 60;

export const SAMPLER_ROW: ModelRow = {
  id: 'sampler',
  title: 'choosing a token of 65536, −1.5·ln(rank) at random places; beside it copy, std::exp and std::sort',
  takes: 'minutes',
  measure: measureSampler,
};

async function measureSampler(bench: ModelBench): Promise<readonly ModelGoal[]> {
  const text = 'µs a token';
  const site = await largeVocabulary(bench, 'host-tools');
  if (typeof site === 'string') return [missing(text, site)];
  const figures = await measured<{ readonly sampling: readonly MeasuredBeside[] }>(
    builtProgram(site, 'runtime-bench'),
    ['--sampling'],
    { cwd: site.folder },
  );
  if (typeof figures === 'string') return [missing(text, figures)];
  return figures.sampling.map((one) => {
    const goal = `${text}, ${one.name}`;
    // Only the default has a bound of its own; the others are to be faster than what is written first.
    const most = one.name === 'default' ? MOST : one.plain_microseconds;
    return beside(atMost(goal, one.microseconds, most, microseconds), one);
  });
}
