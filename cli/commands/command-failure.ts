import type { Emit } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import type { BuildOptions } from '../build-options.ts';
import { exitCode } from '../exit-code.ts';
import { chooseReporter } from '../reporters/choose-reporter.ts';

/** For commands that only look: their own output is all that they say. */
export const silentEmit: Emit = () => undefined;

/** Reports failures as a build would and returns the exit code. */
export function failUsage(failures: readonly Failure[], options: Pick<BuildOptions, 'json'>): number {
  const reporter = chooseReporter(options.json);
  for (const failure of failures) reporter.report({ type: 'failure', failure });
  reporter.close();
  return exitCode(failures);
}
