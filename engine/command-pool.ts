import type { ActionResult } from '../cache/action-cache.ts';
import { StoreLease } from '../cache/store-lease.ts';
import type { ActionGraph } from './action-graph.ts';
import type { BuildSession, IdentifiedAction } from './build-session.ts';
import { type CommandRunner, runCommand } from './command-runner.ts';
import type { Failure } from './failure.ts';
import { fail, ok, type Result } from './result.ts';

type Tell = (line: string) => void;

/** A command that runs, whichever round asks for it. */
interface RunningCommand {
  readonly id: string;
  readonly fingerprint: string;
  readonly exclusive: string | undefined;
  readonly ending: AbortController;
  readonly result: Promise<Result<ActionResult, Failure>>;
  /** Who hears what it writes: the round that asked for it last. */
  tell: Tell;
}

/**
 * The running commands of a watch. A round that an edit overtakes lets go of its commands without ending
 * them: the next round takes up those that it wants just so, and ends the ones that became pointless.
 */
export class CommandPool {
  readonly #jobs: number;
  /** By fingerprint. */
  readonly #running = new Map<string, RunningCommand>();
  /** Results on their way to the disk. */
  readonly #keeping = new Set<Promise<void>>();
  /** What earlier rounds started and this one has not taken up. */
  #left = new Set<RunningCommand>();

  /** At most `jobs` commands run at the same time, whichever rounds started them. */
  constructor(jobs: number) {
    this.#jobs = jobs;
  }

  /** What runs the commands of the next round, until `signal` says that an edit has overtaken it. */
  beginRound(graph: ActionGraph, session: BuildSession, signal: AbortSignal): CommandRunner {
    const overtaken = aborted(signal);
    this.#left = new Set(this.#running.values());
    for (const command of this.#left) if (!graph.actions.has(command.id)) command.ending.abort();
    const before = new Map([...this.#left].map(({ id }) => [id, ancestors(graph, id)]));
    return {
      identified: (action, state) => {
        const { hash } = action.fingerprint;
        const { id } = action.action;
        const runsAnew = state === 'missing' && !this.#running.has(hash);
        for (const command of this.#left) {
          const outdated = command.id === id && command.fingerprint !== hash;
          // What comes after an action that runs again waits for its result, and must not hold up the action.
          if (outdated || (runsAnew && before.get(command.id)?.has(id))) command.ending.abort();
        }
      },
      run: (action, tell) => {
        const own = this.#take(action, tell) ?? this.#start(session, action, tell, signal, overtaken);
        return Promise.race([own, overtaken.then(() => fail(overtakenFailure(action)))]);
      },
    };
  }

  /** Ends what no action of a round that is complete has asked for. */
  endLeftovers(): void {
    for (const command of this.#left) command.ending.abort();
  }

  /** Ends everything; resolves when nothing runs any more. */
  async close(): Promise<void> {
    const commands = [...this.#running.values()];
    for (const { ending } of commands) ending.abort();
    await Promise.all(commands.map(({ result }) => result));
    await Promise.all(this.#keeping);
  }

  #take(action: IdentifiedAction, tell: Tell): Promise<Result<ActionResult, Failure>> | undefined {
    const command = this.#running.get(action.fingerprint.hash);
    if (command === undefined || command.ending.signal.aborted) return undefined;
    this.#left.delete(command);
    command.tell = tell;
    return command.result;
  }

  async #start(
    session: BuildSession,
    action: IdentifiedAction,
    tell: Tell,
    signal: AbortSignal,
    overtaken: Promise<void>,
  ): Promise<Result<ActionResult, Failure>> {
    // One that an earlier round started may have come to its end since this action was looked up.
    const stored = await session.lookUp(action);
    if (stored !== undefined) return ok(stored);
    for (let busy = this.#inTheWay(action); busy.length > 0; busy = this.#inTheWay(action)) {
      await Promise.race([...busy.map(({ result }) => result), overtaken]);
      if (signal.aborted) return fail(overtakenFailure(action));
    }
    if (signal.aborted) return fail(overtakenFailure(action));
    const ending = new AbortController();
    const fingerprint = action.fingerprint.hash;
    // The round that started it may end, and its lease on the store with it, while the command goes on.
    const lease = StoreLease.take(session.options.cacheRoot);
    const result = runCommand(session, action, (line) => command.tell(line), ending.signal).finally(() => {
      this.#running.delete(fingerprint);
      this.#left.delete(command);
    });
    this.#keep(session, result, lease);
    const { id, spec } = action.action;
    const command: RunningCommand = { id, fingerprint, exclusive: spec.exclusive, ending, result, tell };
    this.#running.set(fingerprint, command);
    return result;
  }

  #keep(session: BuildSession, result: RunningCommand['result'], lease: StoreLease): void {
    const kept = result.then(async () => {
      await session.keeper.drain();
      lease.release();
    });
    const keeping: Promise<void> = kept.finally(() => this.#keeping.delete(keeping));
    this.#keeping.add(keeping);
  }

  /** Commands of earlier rounds that this one has to wait for; within a round, the build sees to that. */
  #inTheWay(action: IdentifiedAction): RunningCommand[] {
    const { exclusive } = action.action.spec;
    const full = this.#running.size >= this.#jobs;
    return [...this.#left].filter(
      (command) =>
        full ||
        command.fingerprint === action.fingerprint.hash ||
        (exclusive !== undefined && command.exclusive === exclusive),
    );
  }
}

/** Everything that an action waits for, directly or not. */
function ancestors(graph: ActionGraph, id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const rest = [id];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    for (const dependency of graph.actions.get(next)?.dependencies ?? []) {
      if (!found.has(dependency)) rest.push(dependency);
      found.add(dependency);
    }
  }
  return found;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function overtakenFailure(action: IdentifiedAction): Failure {
  return {
    kind: 'interrupted',
    signal: 'edit',
    message: `${action.action.id}: the build was overtaken by an edit`,
  };
}
