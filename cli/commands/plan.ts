import { type PlannedAction, planBuild } from '../../engine/build-plan.ts';
import { type PlanFigures, planFigures } from '../../engine/plan-figures.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { paletteFor } from '../reporters/palette.ts';
import { figuresText, plannedText } from '../reporters/plan-text.ts';
import { memoryToShare } from '../shared-memory.ts';
import { openWorkbench, type Workbench } from '../workbench.ts';
import { failUsage, silentEmit } from './command-failure.ts';

/** Prints what a build would run and why, what is up to date, and how long it would take. Runs nothing. */
export async function plan(targets: readonly string[], options: BuildOptions): Promise<number> {
  const planned = await planTargets(targets, options);
  if (typeof planned === 'number') return planned;
  const { actions, figures } = planned;
  if (options.json) {
    for (const action of actions)
      process.stdout.write(`${JSON.stringify(plannedEvent('planned', action))}\n`);
    process.stdout.write(`${JSON.stringify({ type: 'plan', jobs: options.jobs, ...figures })}\n`);
    return EXIT.ok;
  }
  const palette = paletteFor(process.stdout);
  for (const action of actions) {
    if (action.state !== 'cached') process.stdout.write(`${plannedText(action, palette)}\n`);
  }
  process.stdout.write(`${figuresText(figures, options.jobs).join('\n')}\n`);
  return EXIT.ok;
}

export interface PlannedTargets extends Workbench {
  readonly actions: readonly PlannedAction[];
  readonly figures: PlanFigures;
}

/** The plan of a build, or the exit code of a failure that has been reported. */
export async function planTargets(
  targets: readonly string[],
  options: BuildOptions,
): Promise<PlannedTargets | number> {
  const opened = await openWorkbench(targets, options, silentEmit);
  if (!opened.ok) return failUsage(opened.failure, options);
  const { graph, session } = opened.value;
  const memoryOf = (id: string): number => {
    const action = graph.actions.get(id);
    return (action === undefined ? undefined : session.memoryOf(action)) ?? 0;
  };
  const planned = await planBuild(graph, session);
  // What was hashed for the plan need not be hashed again by the build.
  await session.close();
  if (!planned.ok) return failUsage([planned.failure], options);
  return {
    ...opened.value,
    actions: planned.value,
    figures: planFigures(graph, planned.value, {
      jobs: options.jobs,
      memoryBytes: memoryToShare(),
      memoryOf,
    }),
  };
}

/** A planned action for other programs. */
export function plannedEvent(type: 'planned' | 'why', action: PlannedAction): object {
  const { id, task, state, reasons, changes, lastSeconds, identity } = action;
  return { type, id, task, state, fingerprint: identity?.fingerprint ?? '', reasons, changes, lastSeconds };
}
