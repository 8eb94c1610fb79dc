import { type PlannedAction, planBuild } from '../../engine/build-plan.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { duration } from '../reporters/figures.ts';
import { type Palette, paletteFor } from '../reporters/palette.ts';
import { openWorkbench } from '../workbench.ts';
import { failUsage, silentEmit } from './command-failure.ts';

/** Prints what a build would run and why, and what is up to date. Runs nothing. */
export async function plan(targets: readonly string[], options: BuildOptions): Promise<number> {
  const planned = await planTargets(targets, options);
  if (typeof planned === 'number') return planned;
  if (options.json) {
    for (const action of planned) process.stdout.write(`${JSON.stringify({ type: 'planned', ...action })}\n`);
    return EXIT.ok;
  }
  const palette = paletteFor(process.stdout);
  for (const action of planned)
    if (action.state !== 'cached') process.stdout.write(`${planLines(action, palette)}\n`);
  process.stdout.write(`${planSummary(planned)}\n`);
  return EXIT.ok;
}

/** The plan of a build, or the exit code of a failure that has been reported. */
export async function planTargets(
  targets: readonly string[],
  options: BuildOptions,
): Promise<readonly PlannedAction[] | number> {
  const opened = await openWorkbench(targets, options, silentEmit);
  if (!opened.ok) return failUsage(opened.failure, options);
  const planned = await planBuild(opened.value.graph, opened.value.session);
  await opened.value.session.close();
  return planned.ok ? planned.value : failUsage([planned.failure], options);
}

function planLines(action: PlannedAction, palette: Palette): string {
  const mark = action.state === 'run' ? palette.yellow('run') : palette.cyan('may run');
  const took =
    action.lastSeconds === undefined ? '' : palette.dim(` (last time ${duration(action.lastSeconds)})`);
  return [
    `${mark} ${action.id}${took}`,
    ...action.reasons.map((reason) => palette.dim(`      ${reason}`)),
  ].join('\n');
}

function planSummary(planned: readonly PlannedAction[]): string {
  const of = (state: PlannedAction['state']): readonly PlannedAction[] =>
    planned.filter((action) => action.state === state);
  const waiting = [...of('run'), ...of('may-run')];
  const known = waiting.reduce((sum, { lastSeconds }) => sum + (lastSeconds ?? 0), 0);
  const unknown = waiting.filter(({ lastSeconds }) => lastSeconds === undefined).length;
  const parts = [
    `${of('run').length} to run`,
    `${of('may-run').length} may run`,
    `${of('cached').length} up to date`,
  ];
  if (known > 0) parts.push(`about ${duration(known)} of work seen before`);
  if (unknown > 0) parts.push(`${unknown} never run here`);
  return parts.join(', ');
}
