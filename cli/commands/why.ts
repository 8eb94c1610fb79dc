import { planBuild } from '../../engine/build-plan.ts';
import { nearestName } from '../../engine/nearest-name.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { paletteFor } from '../reporters/palette.ts';
import { openWorkbench } from '../workbench.ts';
import { failUsage, silentEmit } from './command-failure.ts';

/** Prints, for a task or one action, what changed since its last result; says so when nothing did. */
export async function why(name: string, options: BuildOptions): Promise<number> {
  const task = name.split('/')[0] ?? name;
  const opened = await openWorkbench([task], options, silentEmit);
  if (!opened.ok) return failUsage(opened.failure, options);
  const { graph, session } = opened.value;
  const planned = await planBuild(graph, session);
  await session.close();
  if (!planned.ok) return failUsage([planned.failure], options);

  const wanted = planned.value.filter(({ id }) => (name === task ? graph.requested.has(id) : id === name));
  if (wanted.length === 0) {
    const ids = planned.value.map(({ id }) => id);
    const nearest = nearestName(name, ids);
    const hint = nearest === undefined ? `its actions: ${ids.join(', ')}` : `did you mean \`${nearest}\`?`;
    return failUsage(
      [{ kind: 'unknown-name', what: 'action', name, message: `there is no action \`${name}\``, hint }],
      options,
    );
  }
  const palette = paletteFor(process.stdout);
  for (const action of wanted) {
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ type: 'why', ...action })}\n`);
      continue;
    }
    const words = {
      cached: palette.green('up to date'),
      run: palette.yellow('has to run'),
      'may-run': palette.cyan('may have to run'),
    };
    process.stdout.write(`${palette.bold(action.id)}: ${words[action.state]}\n`);
    for (const reason of action.reasons) process.stdout.write(`  ${reason}\n`);
  }
  return EXIT.ok;
}
