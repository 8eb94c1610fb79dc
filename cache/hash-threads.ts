import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Digest, digestFile, FileChangedError } from './digest.ts';
import { Gate } from './gate.ts';

/** What a worker says of a file: its digest, that it changed meanwhile, or why it cannot be read. */
export type HashAnswer =
  | { readonly digest: Digest }
  | { readonly changed: string }
  | { readonly message: string; readonly code?: string };

/** From here on a file takes longer to hash than a worker takes to start. */
export const BIG_FILE_BYTES = 8 * 1024 * 1024;

/** Beside the bundle that this is a part of, or, when the sources run, in the package's `dist/`. */
const PROGRAMS = ['./hash-worker.mjs', '../dist/hash-worker.mjs'];

/** A worker ended before it had answered. */
class WorkerEndedError extends Error {}

/** Threads that hash one file each, made when there is work for them; idle, they keep no process alive. */
class HashThreads {
  private readonly program: string | undefined;
  private readonly idle: Worker[] = [];
  private readonly gate = new Gate(availableParallelism());

  constructor() {
    this.program = PROGRAMS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find(existsSync);
  }

  async digest(path: string): Promise<Digest> {
    const { program } = this;
    if (program === undefined) return digestFile(path);
    try {
      return await this.gate.run(() => this.handOver(program, path));
    } catch (error) {
      // Where no thread can be had, for lack of memory or processes, it takes longer and comes out the same.
      if (error instanceof WorkerEndedError) return digestFile(path);
      throw error;
    }
  }

  private async handOver(program: string, path: string): Promise<Digest> {
    const worker = this.idle.pop() ?? this.start(program);
    const answer = await ask(worker, path);
    this.idle.push(worker);
    if ('digest' in answer) return answer.digest;
    if ('changed' in answer) throw new FileChangedError(answer.changed);
    throw Object.assign(new Error(answer.message), { code: answer.code });
  }

  private start(program: string): Worker {
    // Without the arguments of this process: a loader among them does not work in a thread.
    return new Worker(program, { execArgv: [] });
  }
}

/** Sends a path to a worker that is idle and waits for its answer. */
function ask(worker: Worker, path: string): Promise<HashAnswer> {
  return new Promise<HashAnswer>((resolve, reject) => {
    const end = (): void => {
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      worker.unref();
    };
    worker.once('message', (answer: HashAnswer) => {
      end();
      resolve(answer);
    });
    // Afterwards, `error` would be thrown by the worker if nobody listened.
    const ended = (): void => {
      end();
      worker.on('error', () => undefined);
      reject(new WorkerEndedError('a thread that hashes has ended'));
    };
    worker.once('error', ended);
    worker.once('exit', ended);
    worker.ref();
    worker.postMessage(path);
  });
}

let threads: HashThreads | undefined;

/**
 * The digest of a file of `size` bytes, as `digestFile` gives it, a big one by another thread: several of them
 * then take all cores, and the program stays responsive.
 */
export function digestBySize(path: string, size: number): Promise<Digest> {
  if (size < BIG_FILE_BYTES) return digestFile(path);
  threads ??= new HashThreads();
  return threads.digest(path);
}
