import { resolve } from 'node:path';
import { writeAtomically } from '../cache/atomic-write.ts';
import type { MaterialiseMode } from '../cache/blob-store.ts';
import { StoreLease } from '../cache/store-lease.ts';
import { graphSize } from '../engine/action-graph.ts';
import { type BuildOptions as RunOptions, runBuild } from '../engine/build.ts';
import type {
  ArtifactPublished,
  BuildEvent,
  BuildSummary,
  Emit,
  Outcome,
  ResultReported,
} from '../engine/event.ts';
import type { Failure } from '../engine/failure.ts';
import type { FailureMode } from '../engine/failure-mode.ts';
import { NO_CLOCK, RecordingClock, type Span } from '../engine/phase-clock.ts';
import { publishArtifacts } from '../engine/publication.ts';
import type { Result } from '../engine/result.ts';
import { removeAbandonedWorkspaces } from '../engine/workspace.ts';
import { type BuildGround, timeLeftOf } from './build-ground.ts';
import { EXIT, exitCode } from './exit-code.ts';
import { type RecordBasis, recordBuild } from './recorded-build.ts';
import { chooseReporter } from './reporters/choose-reporter.ts';
import { memoryToShare } from './shared-memory.ts';
import { limitStore } from './store-limit.ts';

/** How a build is run and told of, whatever it builds. */
export interface BuildCall {
  readonly jobs: number;
  readonly json: boolean;
  readonly logs: 'shown' | 'kept';
  readonly onFailure: FailureMode;
  /** How artifacts get under `out/`. */
  readonly outputs: MaterialiseMode;
  /** The file that gets a trace of the build. */
  readonly profile?: string;
  /** Gets every event that the reporter gets. */
  readonly observe?: (event: BuildEvent) => void;
  /** What is wrong with the records that were asked for, although every command succeeded. */
  readonly judge?: (results: readonly ResultReported[]) => readonly Failure[];
}

/** What is built, and what its record needs. */
export interface OpenedGround {
  readonly ground: BuildGround;
  /** Absent: what is built depends on more than files, and can't be told from their status. */
  readonly basis?: RecordBasis;
}

/** Signals that come as close together are one request. */
const SAME_REQUEST_MILLISECONDS = 200;

/** Builds what `open` gives, puts what was asked for under `out/`, and tells of it. Returns the exit code. */
export async function reportedBuild(
  open: (emit: Emit) => Promise<Result<OpenedGround, readonly Failure[]>>,
  call: BuildCall,
): Promise<number> {
  const reporter = chooseReporter(call.json);
  const artifacts: ArtifactPublished[] = [];
  const results: ResultReported[] = [];
  const emit = (event: BuildEvent): void => {
    if (event.type === 'artifact') artifacts.push(event);
    if (event.type === 'result') results.push(event);
    call.observe?.(event);
    reporter.report(event);
  };
  const start = performance.now();
  const interruption = new AbortController();
  let interrupted = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    // Who asks twice wants it at once; npx passes on a Ctrl-C that the terminal has sent already.
    if (interruption.signal.aborted && performance.now() - interrupted > SAME_REQUEST_MILLISECONDS)
      process.exit(EXIT.interrupted);
    if (interruption.signal.aborted) return;
    interrupted = performance.now();
    interruption.abort(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  const outcomes = new Map<string, Outcome>();
  const failures: Failure[] = [];
  const report = (failure: Failure): void => {
    failures.push(failure);
    emit({ type: 'failure', failure });
  };
  const clock = call.profile === undefined ? NO_CLOCK : new RecordingClock();
  const opened = await clock.time('', 'load', () => open(emit));
  if (!opened.ok) opened.failure.forEach(report);
  else {
    const { ground, basis } = opened.value;
    ground.session.clock = clock;
    reporter.expect?.(() => timeLeftOf(ground, call.jobs));
    const done = await buildWorkbench(ground, {
      jobs: call.jobs,
      memoryBytes: memoryToShare(),
      signal: interruption.signal,
      emit,
      logs: call.logs,
      onFailure: call.onFailure,
      outputs: call.outputs,
    });
    for (const [id, outcome] of done.outcomes) outcomes.set(id, outcome);
    failures.push(...done.failures);
    if (done.publishing !== undefined) report(done.publishing);
    call.judge?.(results).forEach(report);
    if (interruption.signal.aborted) {
      report({
        kind: 'interrupted',
        signal: String(interruption.signal.reason),
        message: 'the build was interrupted',
      });
    }
    if (failures.length === 0 && basis !== undefined) recordBuild(ground, basis, artifacts);
  }
  if (call.profile !== undefined && clock instanceof RecordingClock) {
    await writeTrace(call.profile, clock.spans, emit, report);
  }
  emit(summaryOf(outcomes, start));
  reporter.close();
  return failures.length === 0 ? EXIT.ok : exitCode(failures);
}

async function writeTrace(
  path: string,
  spans: readonly Span[],
  emit: (event: BuildEvent) => void,
  report: (failure: Failure) => void,
): Promise<void> {
  const { buildTrace } = await import('./reporters/build-trace.ts');
  const written = await writeAtomically(resolve(path), JSON.stringify(buildTrace(spans)));
  if (!written.ok) report(written.failure);
  else emit({ type: 'notice', text: `wrote ${resolve(path)}; https://ui.perfetto.dev opens it` });
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
  { pipeline, targets, graph, session }: BuildGround,
  options: RunOptions & { readonly outputs?: MaterialiseMode },
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
  emit({ type: 'started', pipeline: pipeline.file, targets, actions: graphSize(graph) });
  const { clock } = session;
  const built = await clock.time('', 'build', () => runBuild(graph, session, options));
  // Even of a failed build, what was made is worth having.
  const published = await clock.time('', 'publish', () =>
    publishArtifacts(graph, session, emit, options.outputs ?? 'copy'),
  );
  const saved = await clock.time('', 'remember', () => session.close());
  if (!signal.aborted) await limitStore(root, session.actionCache.addedBytes, emit);
  lease.release();
  const publishing = published.ok ? (saved.ok ? undefined : saved.failure) : published.failure;
  return { ...built, ...(publishing === undefined ? {} : { publishing }) };
}
