import { existsSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { ChangeWatcher } from '../../engine/change-watcher.ts';
import { CommandPool } from '../../engine/command-pool.ts';
import type { ActionFinished, BuildEvent, Outcome } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import { PipelineSource } from '../../engine/pipeline-source.ts';
import { WatchedInputs } from '../../engine/watched-inputs.ts';
import { timeLeftOf } from '../build-ground.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT, exitCode } from '../exit-code.ts';
import { buildWorkbench, summaryOf } from '../reported-build.ts';
import { chooseReporter } from '../reporters/choose-reporter.ts';
import type { Reporter } from '../reporters/reporter.ts';
import { openWorkbench } from '../workbench.ts';

/** Builds, and builds again whenever an input changes, until it is interrupted. Returns the exit code. */
export async function watch(targets: readonly string[], options: BuildOptions): Promise<number> {
  const reporter = chooseReporter(options.json);
  const loop = new WatchLoop(targets, options, reporter);
  const onSignal = (): void => loop.end();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const code = await loop.complete();
  reporter.close();
  return code;
}

/** The rounds of a watch: each is a build, which the next edit overtakes if it is not done by then. */
class WatchLoop {
  readonly #targets: readonly string[];
  readonly #options: BuildOptions;
  readonly #reporter: Reporter;
  readonly #pipelineFile: string;
  readonly #folder: string;
  readonly #pool: CommandPool;
  readonly #changes: ChangeWatcher;
  readonly #notices = new Set<string>();
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #isEnded = false;
  #trouble: Failure | undefined;
  #inputs: WatchedInputs;

  constructor(targets: readonly string[], options: BuildOptions, reporter: Reporter) {
    this.#targets = targets;
    this.#options = options;
    this.#reporter = reporter;
    this.#pipelineFile = resolve(options.file);
    this.#folder = dirname(this.#pipelineFile);
    this.#inputs = new WatchedInputs(this.#pipelineFile, this.#folder);
    this.#pool = new CommandPool(options.jobs);
    this.#changes = new ChangeWatcher((failure) => {
      this.#trouble ??= failure;
      this.end();
    });
    this.#ended = new Promise((end) => {
      this.#end = end;
    });
  }

  end(): void {
    this.#isEnded = true;
    this.#end();
  }

  /** Resolves with the exit code when the watch was interrupted or cannot go on. */
  async complete(): Promise<number> {
    const source = await PipelineSource.read(this.#options.file);
    // A file that is wrong can be mended; one that was never there is a mistake on the command line.
    if (!source.ok && !existsSync(this.#pipelineFile)) return this.#refuse(source.failure);
    await this.#changes.follow(this.#inputs);
    let changed: readonly string[] | undefined = [];
    while (changed !== undefined) {
      if (changed.length > 0)
        this.#emit({ type: 'changed', paths: changed.map((path) => this.#shown(path)) });
      changed = await this.#nextRound();
    }
    await this.#pool.close();
    await this.#changes.close();
    return this.#trouble === undefined ? EXIT.interrupted : this.#refuse([this.#trouble]);
  }

  #refuse(failures: readonly Failure[]): number {
    for (const failure of failures) this.#emit({ type: 'failure', failure });
    return exitCode(failures);
  }

  /** Builds until all is done or an edit comes before; then waits for the edit. Undefined at the end. */
  async #nextRound(): Promise<readonly string[] | undefined> {
    const round = new AbortController();
    const edit = this.#changes.next();
    const done = this.#build(round.signal);
    await Promise.race([done, edit.then(() => round.abort()), this.#ended.then(() => round.abort())]);
    const hasToRepeat = await done;
    if (!this.#isEnded && !round.signal.aborted && !hasToRepeat) {
      this.#emit({ type: 'watching', inputs: this.#inputs.count });
    }
    return Promise.race([edit, this.#ended.then(() => undefined), ...(hasToRepeat ? [soon()] : [])]);
  }

  /** One round. Returns whether it has to be repeated, because an input changed under it. */
  async #build(signal: AbortSignal): Promise<boolean> {
    const start = performance.now();
    const emit = (event: BuildEvent): void => this.#emit(event);
    const opened = await openWorkbench(this.#targets, this.#options, emit);
    if (!opened.ok) {
      for (const failure of opened.failure) emit({ type: 'failure', failure });
      emit(summaryOf(new Map(), start));
      return false;
    }
    const { graph, session } = opened.value;
    this.#inputs = new WatchedInputs(this.#pipelineFile, this.#folder, graph);
    await this.#changes.follow(this.#inputs);
    const outcomes = new Map<string, Outcome>();
    let inputChanged = false;
    const emitOutcome = (event: BuildEvent): void => {
      if (event.type !== 'action') {
        emit(event);
        return;
      }
      const { failure, ...rest } = event;
      const overtaken = signal.aborted && failure?.kind === 'interrupted';
      if (failure?.kind === 'input-changed') inputChanged = true;
      const shown: ActionFinished =
        overtaken || failure?.kind === 'input-changed' ? { ...rest, outcome: 'skipped' } : event;
      outcomes.set(shown.id, shown.outcome);
      emit(shown);
    };
    this.#reporter.expect?.(() => timeLeftOf(opened.value, this.#options.jobs));
    const runner = this.#pool.beginRound(graph, session, signal);
    const { jobs } = this.#options;
    const built = await buildWorkbench(opened.value, { jobs, signal, emit: emitOutcome, runner });
    if (built.publishing !== undefined) emit({ type: 'failure', failure: built.publishing });
    if (built.failures.length === 0 && !signal.aborted) this.#pool.endLeftovers();
    const summary = summaryOf(outcomes, start);
    emit(signal.aborted || inputChanged ? { ...summary, overtaken: true } : summary);
    return inputChanged;
  }

  #emit(event: BuildEvent): void {
    // What was worth knowing once is not worth a line a round.
    if (event.type === 'notice') {
      if (this.#notices.has(event.text)) return;
      this.#notices.add(event.text);
    }
    this.#reporter.report(event);
  }

  #shown(path: string): string {
    const inside = relative(this.#folder, path);
    return inside.startsWith('..') ? path : inside.split(sep).join('/');
  }
}

/** An input that a program goes on writing changes under every round: time for it to come to an end. */
const soon = (): Promise<readonly string[]> =>
  new Promise((resolve) => setTimeout(() => resolve([]), 500).unref());
