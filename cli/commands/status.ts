import type { PlannedAction } from '../../engine/build-plan.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { table } from '../reporters/figures.ts';
import { planTargets } from './plan.ts';

/** Prints a line for each task: how many of its actions are up to date. */
export async function status(targets: readonly string[], options: BuildOptions): Promise<number> {
  const planned = await planTargets(targets, options);
  if (typeof planned === 'number') return planned;
  const tasks = new Map<string, PlannedAction[]>();
  for (const action of planned.actions) tasks.set(action.task, [...(tasks.get(action.task) ?? []), action]);
  const rows: string[][] = [];
  for (const [task, actions] of tasks) {
    const cached = actions.filter(({ state }) => state === 'cached').length;
    const run = actions.filter(({ state }) => state === 'run').length;
    const mayRun = actions.length - cached - run;
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify({ type: 'status', task, actions: actions.length, cached, run, mayRun })}\n`,
      );
    }
    const words = [run > 0 ? `${run} to run` : '', mayRun > 0 ? `${mayRun} may run` : ''].filter(
      (part) => part !== '',
    );
    rows.push([task, `${cached}/${actions.length}`, words.length === 0 ? 'up to date' : words.join(', ')]);
  }
  if (!options.json) process.stdout.write(`${table(rows, new Set([1])).join('\n')}\n`);
  return EXIT.ok;
}
