import type { FSWatcher } from 'chokidar';
import type { Failure } from './failure.ts';
import type { WatchedInputs } from './watched-inputs.ts';

/** An editor writes a file in several steps, and a checkout many files: they are one change when it is over. */
const QUIET_MILLISECONDS = 100;
/** A file that is written to without a pause must not keep the others from being built. */
const LONGEST_MILLISECONDS = 2000;

/** Collects what changes among a build's inputs. */
export class ChangeWatcher {
  #inputs: WatchedInputs | undefined;
  #watcher: FSWatcher | undefined;
  #paths = new Set<string>();
  #firstAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #deliver: ((paths: readonly string[]) => void) | undefined;
  readonly #onTrouble: (failure: Failure) => void;

  /** `onTrouble` hears of it when the system cannot watch. */
  constructor(onTrouble: (failure: Failure) => void) {
    this.#onTrouble = onTrouble;
  }

  /** Watches these inputs from now on; when it resolves, no later change is missed. */
  async follow(inputs: WatchedInputs): Promise<void> {
    if (this.#inputs?.equals(inputs) === true) return;
    const { watch } = await import('chokidar');
    const next = watch([...inputs.roots], {
      ignoreInitial: true,
      ignored: (path, status) => inputs.ignores(path, status),
    });
    next.on('all', (_event, path) => {
      if (inputs.covers(path)) this.#note(path);
    });
    next.on('error', (error) => this.#onTrouble(watchFailure(error)));
    await new Promise<void>((resolve) => next.once('ready', resolve));
    const before = this.#watcher;
    this.#inputs = inputs;
    this.#watcher = next;
    await before?.close();
  }

  /** The next changes, as absolute paths: everything until nothing more came for a moment. */
  next(): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#deliver = resolve;
      if (this.#paths.size > 0) this.#wait();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher?.close();
  }

  #note(path: string): void {
    if (this.#paths.size === 0) this.#firstAt = Date.now();
    this.#paths.add(path);
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const most = this.#firstAt + LONGEST_MILLISECONDS - Date.now();
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, Math.min(QUIET_MILLISECONDS, most)));
  }

  #flush(): void {
    const deliver = this.#deliver;
    if (deliver === undefined) return;
    this.#deliver = undefined;
    const paths = [...this.#paths].sort();
    this.#paths = new Set();
    deliver(paths);
  }
}

function watchFailure(error: unknown): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  // Linux says "no space" when a user's inotify watches are used up.
  if (code === 'ENOSPC' || code === 'EMFILE') {
    return {
      kind: 'environment-missing',
      tool: 'inotify',
      message: `the inputs are more files than this system lets a user watch (${code})`,
      hint: 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
    };
  }
  return {
    kind: 'environment-missing',
    tool: 'inotify',
    message: `the inputs cannot be watched: ${message}`,
  };
}
