import { StoreLease } from '../../cache/store-lease.ts';
import { type BuildOptions as RunOptions, runBuild } from '../../engine/build.ts';
import type { BuildEvent, BuildSummary, Outcome } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import { publishArtifacts } from '../../engine/publication.ts';
import { removeAbandonedWorkspaces } from '../../engine/workspace.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT, exitCode } from '../exit-code.ts';
import { chooseReporter } from '../reporters/choose-reporter.ts';
import { limitStore } from '../store-limit.ts';
import { openWorkbench, timeLeftOf, type Workbench } from '../workbench.ts';

export interface BuildExtras {
  readonly logs: 'shown' | 'kept';
}

/** Builds targets and puts what was asked for under `out/`. Returns the exit code. */
export async function build(
  targets: readonly string[],
  options: BuildOptions,
  extras: BuildExtras,
): Promise<number> {
  const reporter = chooseReporter(options.json);
  const emit = (event: BuildEvent): void => reporter.report(event);
  const start = performance.now();
  const interruption = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => interruption.abort(signal);
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);

  const outcomes = new Map<string, Outcome>();
  const failures: Failure[] = [];
  const report = (failure: Failure): void => {
    failures.push(failure);
    emit({ type: 'failure', failure });
  };
  const opened = await openWorkbench(targets, options, emit);
  if (!opened.ok) opened.failure.forEach(report);
  else {
    const workbench = opened.value;
    reporter.expect?.(() => timeLeftOf(workbench, options.jobs));
    const done = await buildWorkbench(workbench, {
      jobs: options.jobs,
      signal: interruption.signal,
      emit,
      ...extras,
    });
    for (const [id, outcome] of done.outcomes) outcomes.set(id, outcome);
    failures.push(...done.failures);
    if (done.publishing !== undefined) report(done.publishing);
    if (interruption.signal.aborted) {
      report({
        kind: 'interrupted',
        signal: String(interruption.signal.reason),
        message: 'the build was interrupted',
      });
    }
  }
  emit(summaryOf(outcomes, start));
  reporter.close();
  return failures.length === 0 ? EXIT.ok : exitCode(failures);
}

/** Counts the outcomes of a build that began at `start` (`performance.now()`). */
export function summaryOf(outcomes: ReadonlyMap<string, Outcome>, start: number): BuildSummary {
  const count = (wanted: Outcome): number =>
    [...outcomes.values()].filter((outcome) => outcome === wanted).length;
  return {
    type: 'summary',
    ran: count('ran'),
    cached: count('cached'),
    failed: count('failed'),
    skipped: count('skipped'),
    seconds: (performance.now() - start) / 1000,
  };
}

/** Builds, publishes and remembers. */
export async function buildWorkbench(
  { pipeline, targets, graph, session }: Workbench,
  options: RunOptions,
): Promise<{
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly failures: readonly Failure[];
  readonly publishing?: Failure;
}> {
  const { emit, signal } = options;
  const root = session.options.cacheRoot;
  const lease = StoreLease.take(root);
  await removeAbandonedWorkspaces(root);
  await session.blobs.cleanTemporaryFiles();
  emit({ type: 'started', pipeline: pipeline.file, targets, actions: graph.actions.size });
  const built = await runBuild(graph, session, options);
  // Even of a failed build, what was made is worth having.
  const published = await publishArtifacts(graph, session, emit);
  const saved = await session.close();
  if (!signal.aborted) await limitStore(root, session.actionCache.addedBytes, emit);
  lease.release();
  const publishing = published.ok ? (saved.ok ? undefined : saved.failure) : published.failure;
  return { ...built, ...(publishing === undefined ? {} : { publishing }) };
}
