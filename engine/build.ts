import PQueue from 'p-queue';
import type { ActionResult } from '../cache/action-cache.ts';
import {
  type Action,
  type ActionGraph,
  criticalPath,
  dependants,
  graphSize,
  UNKNOWN_SECONDS,
} from './action-graph.ts';
import type { BuildSession, IdentifiedAction } from './build-session.ts';
import { type CommandRunner, directRunner } from './command-runner.ts';
import type { Emit, Outcome } from './event.ts';
import { expectedMemory } from './expected-memory.ts';
import type { Failure } from './failure.ts';
import { FailureLog } from './failure-log.ts';
import type { FailureMode } from './failure-mode.ts';
import { type CommandOptions, type ResourceQueue, Resources, resourceQueueClass } from './resource-queue.ts';

export interface BuildOptions {
  /** How many commands may run at the same time. */
  readonly jobs: number;
  /** The bytes that commands may take together, as far as it is known what they take. */
  readonly memoryBytes?: number;
  /** What a failure means to the rest of the build; absent: `finish`. */
  readonly onFailure?: FailureMode;
  readonly signal: AbortSignal;
  /** Whether the log of each action is told when it has a result, also when that was in the store. */
  readonly logs?: 'shown' | 'kept';
  readonly emit: Emit;
  /** Absent: every command is run when it is needed, and ended with the build. */
  readonly runner?: CommandRunner;
}

export interface BuildOutcome {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly failures: readonly Failure[];
}

/**
 * Brings every action of a graph to a result: from the store where it has one, else by running it. What comes
 * after a failed action is skipped; what else a failure stops is its `FailureMode`.
 */
export async function runBuild(
  graph: ActionGraph,
  session: BuildSession,
  options: BuildOptions,
): Promise<BuildOutcome> {
  return new BuildRun(graph, session, options).complete();
}

/** One build. Each action gets exactly one outcome; when all have one, the build is complete. */
class BuildRun {
  private readonly graph: ActionGraph;
  private readonly session: BuildSession;
  private readonly options: BuildOptions;
  private readonly runner: CommandRunner;
  private readonly outcomes = new Map<string, Outcome>();
  private readonly failures: Failure[] = [];
  private readonly waitingFor = new Map<string, number>();
  private readonly dependants: ReadonlyMap<string, readonly string[]>;
  /** Whether more actions are open than can run at once, so that their order matters. */
  private hasToChoose = true;
  private priorities: ReadonlyMap<string, number> | undefined;
  private readonly lookUps: PQueue;
  private readonly resources: Resources;
  private readonly commands: PQueue<ResourceQueue, CommandOptions>;
  /** The commands that are queued or running, by fingerprint. */
  private readonly commanded = new Map<string, Promise<void>>();
  private readonly completed: Promise<void>;
  /** A failure has said that nothing new is to be started. */
  private halted = false;
  /** Ends the running commands when a failure says so. */
  private readonly killing = new AbortController();
  private readonly signal: AbortSignal;
  private complain: (bug: unknown) => void = () => undefined;
  private allDone: () => void = () => undefined;

  constructor(graph: ActionGraph, session: BuildSession, options: BuildOptions) {
    this.graph = graph;
    this.session = session;
    this.options = options;
    this.runner = options.runner ?? directRunner(session);
    this.dependants = dependants(graph);
    this.lookUps = new PQueue({ concurrency: Math.max(2, options.jobs) });
    this.resources = new Resources(options.memoryBytes ?? Number.POSITIVE_INFINITY);
    const queueClass = resourceQueueClass(this.resources);
    this.commands = new PQueue({ concurrency: options.jobs, queueClass });
    this.signal = AbortSignal.any([options.signal, this.killing.signal]);
    this.completed = new Promise((resolve, reject) => {
      this.allDone = resolve;
      this.complain = reject;
    });
  }

  async complete(): Promise<BuildOutcome> {
    const actions = [...this.graph.actions.values()];
    for (const action of actions) this.waitingFor.set(action.id, action.dependencies.length);
    const open = actions.filter(({ id }) => this.session.settledAction(id) === undefined);
    this.hasToChoose = open.length > this.options.jobs;
    for (const [id, { task, fingerprint }] of this.graph.aside ?? []) {
      this.settle(id, 'cached');
      this.options.emit({ type: 'action', task, id, outcome: 'cached', fingerprint, seconds: 0 });
    }
    for (const action of actions) {
      // What an earlier build found, and what still stands, needs no look-up.
      const settled = this.session.settledAction(action.id);
      if (settled !== undefined) this.finish(action, 'cached', settled.fingerprint, 0);
      else if (action.dependencies.length === 0) this.enqueueLookUp(action);
    }
    if (graphSize(this.graph) > 0) await this.completed;
    return { outcomes: this.outcomes, failures: this.failures };
  }

  private get stopped(): boolean {
    return this.halted || this.options.signal.aborted;
  }

  private enqueueLookUp(action: Action): void {
    const priority = this.priorityOf(action);
    this.lookUps.add(() => this.lookUp(action), { priority }).catch(this.complain);
  }

  /** Worked out when it is first asked for: an idle build has no use for it. */
  private priorityOf(action: Action): number {
    if (!this.hasToChoose) return 0;
    this.priorities ??= criticalPath(
      this.graph,
      (id) => this.session.history.get(id)?.seconds ?? UNKNOWN_SECONDS,
    );
    return this.priorities.get(action.id) ?? 0;
  }

  private async lookUp(action: Action): Promise<void> {
    if (this.stopped) return this.finish(action, 'skipped', '', 0);
    const start = performance.now();
    const { clock } = this.session;
    const identified = await clock.time(action.id, 'identify', () => this.session.identify(action));
    if (!identified.ok) return this.fail(action, '', identified.failure, start);
    const stored = await clock.time(action.id, 'look-up', () => this.session.lookUp(identified.value));
    this.runner.identified(identified.value, stored === undefined ? 'missing' : 'stored');
    if (stored === undefined) return this.enqueueCommand(identified.value);
    this.session.settle(identified.value, stored);
    await this.showLog(action, stored);
    this.finish(action, 'cached', identified.value.fingerprint.hash, 0);
  }

  private enqueueCommand(identified: IdentifiedAction): void {
    const { action, fingerprint } = identified;
    // Another task may have described the very same action: its result will be this one's too.
    const twin = this.commanded.get(fingerprint.hash);
    if (twin !== undefined) {
      twin.then(() => this.enqueueLookUp(action), this.complain);
      return;
    }
    const priority = this.priorityOf(action);
    const { exclusive } = action.spec;
    const memoryBytes = this.session.memoryOf(action) ?? expectedMemory(action.spec, identified.files);
    const needs = { priority, memoryBytes, ...(exclusive === undefined ? {} : { exclusive }) };
    const command = this.commands.add(
      this.resources.giveBackAfter(needs, () => this.execute(identified)),
      needs,
    );
    this.commanded.set(fingerprint.hash, command);
    command.catch(this.complain);
  }

  private async execute(identified: IdentifiedAction): Promise<void> {
    const { action, fingerprint } = identified;
    if (this.stopped) return this.finish(action, 'skipped', fingerprint.hash, 0);
    const { task, id } = action;
    const { emit } = this.options;
    const start = performance.now();
    const startedAt = Date.now();
    emit({ type: 'action-started', task, id, reason: this.session.reason(identified) });
    const log = new FailureLog();
    const tell = (line: string): void => {
      log.add(line);
      emit({ type: 'action-output', task, id, line });
    };
    const result = await this.runner.run(identified, tell, this.signal);
    if (!result.ok && this.killing.signal.aborted && result.failure.kind === 'interrupted') {
      // Another action's failure ended it.
      return this.finish(action, 'skipped', fingerprint.hash, 0);
    }
    if (!result.ok) {
      const path = await this.rememberFailure(identified, result.failure, startedAt, log);
      return this.fail(action, fingerprint.hash, result.failure, start, path);
    }
    this.session.settle(identified, result.value, startedAt);
    await this.showLog(action, result.value);
    this.finish(action, 'ran', fingerprint.hash, (performance.now() - start) / 1000);
  }

  /** Keeps the log of a failure; gives its place. What the user interrupted has not failed. */
  private async rememberFailure(
    { action, fingerprint }: IdentifiedAction,
    { kind, message }: Failure,
    startedAt: number,
    log: FailureLog,
  ): Promise<string | undefined> {
    if (kind === 'interrupted') return undefined;
    const { history } = this.session;
    const seconds = (Date.now() - startedAt) / 1000;
    history.recordFailure(action.id, { fingerprint: fingerprint.hash, startedAt, seconds, message });
    return log.keep(history.file, action.id);
  }

  private async showLog({ task, id }: Action, result: ActionResult): Promise<void> {
    if (this.options.logs !== 'shown' || result.log.size === 0) return;
    const bytes = await this.session.blobs.read(result.log);
    // A log that is gone makes no result wrong.
    if (bytes.ok) this.options.emit({ type: 'action-log', task, id, text: bytes.value.toString() });
  }

  private finish(action: Action, outcome: Outcome, fingerprint: string, seconds: number): void {
    const { task, id } = action;
    this.settle(id, outcome);
    this.options.emit({ type: 'action', task, id, outcome, fingerprint, seconds });
    if (outcome === 'ran' || outcome === 'cached') this.release(id);
    else this.skipDependants(id);
  }

  private fail(action: Action, fingerprint: string, failure: Failure, start: number, log?: string): void {
    const { task, id } = action;
    this.failures.push(failure);
    const mode = action.spec.onFailure ?? this.options.onFailure ?? 'finish';
    this.halted ||= mode !== 'continue';
    if (mode === 'kill') this.killing.abort();
    this.settle(id, 'failed');
    const seconds = (performance.now() - start) / 1000;
    this.options.emit({
      type: 'action',
      task,
      id,
      outcome: 'failed',
      fingerprint,
      seconds,
      failure,
      ...(log === undefined ? {} : { log }),
    });
    this.skipDependants(id);
  }

  private settle(id: string, outcome: Outcome): void {
    this.outcomes.set(id, outcome);
    if (this.outcomes.size === graphSize(this.graph)) this.allDone();
  }

  private release(id: string): void {
    for (const next of this.dependants.get(id) ?? []) {
      const left = (this.waitingFor.get(next) ?? 0) - 1;
      this.waitingFor.set(next, left);
      const action = this.graph.actions.get(next);
      if (left > 0 || action === undefined || this.session.settledAction(next) !== undefined) continue;
      this.enqueueLookUp(action);
    }
  }

  /** Everything after an action that has no result is skipped; a stack, because a chain may be thousands long. */
  private skipDependants(id: string): void {
    const rest = [...(this.dependants.get(id) ?? [])];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (this.outcomes.has(next)) continue;
      const task = this.graph.actions.get(next)?.task ?? '';
      this.settle(next, 'skipped');
      this.options.emit({ type: 'action', task, id: next, outcome: 'skipped', fingerprint: '', seconds: 0 });
      rest.push(...(this.dependants.get(next) ?? []));
    }
  }
}
