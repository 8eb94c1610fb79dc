import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CommandLog } from './command-log.ts';
import { LineSplitter } from './line-splitter.ts';
import { PeakMemory } from './peak-memory.ts';
import { ProcessFamily } from './process-family.ts';

export interface ProcessRequest {
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * A text in the environment that no other command has: what the command starts is known by it. Absent: what
   * leaves the command's process group may go on, as a device's server does.
   */
  readonly mark: string | undefined;
  /** Everything that the command writes goes here. */
  readonly log: CommandLog;
  readonly timeLimitSeconds: number | undefined;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

export type ProcessEnd =
  | { readonly end: 'exit'; readonly code: number }
  | { readonly end: 'signal'; readonly signal: string }
  | { readonly end: 'time-limit' }
  | { readonly end: 'aborted' }
  /** The program could not be started at all. */
  | { readonly end: 'not-started'; readonly code: string };

export interface FinishedProcess {
  readonly end: ProcessEnd;
  /** Of the command and what it started, together; absent when it was too quick to be measured. */
  readonly peakMemoryBytes?: number;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** How long a family may take to end by itself after SIGTERM: together with what follows, under two seconds. */
const GRACE_MILLISECONDS = 1200;

/** How long what a command left running may go on writing after the command itself has ended. */
const LINGER_MILLISECONDS = 1000;

/** The most that a timer takes: 24 days. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/**
 * Runs a command in a process group of its own and feeds what it writes to a log and line by line to a listener.
 * When it is over, nothing which it started is left running, as far as a mark reaches.
 */
export async function runProcess(request: ProcessRequest): Promise<FinishedProcess> {
  const [program = '', ...rest] = request.command;
  const child = spawn(program, rest, {
    cwd: request.folder,
    env: request.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  feed(child, request);
  if (child.pid === undefined) return { end: await startFailure(child) };

  const family = new ProcessFamily(child.pid, request.mark);
  const memory = new PeakMemory(child.pid);
  const ending = new Ending(family, request);
  const outcome = await finished(child, family);
  ending.cancel();
  const peak = memory.stop();
  family.clear();
  return {
    end: ending.cause === undefined ? outcome : { end: ending.cause },
    ...(peak === undefined ? {} : { peakMemoryBytes: peak }),
  };
}

function feed(child: Child, { log, onLine }: ProcessRequest): void {
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new LineSplitter(onLine);
    stream.on('data', (chunk: Buffer) => {
      log.push(chunk);
      lines.push(chunk);
    });
    stream.on('end', () => lines.end());
  }
}

async function startFailure(child: Child): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ end: 'not-started', code: error.code ?? '' }),
    );
  });
}

/** Waits for a command to end and for everything that it wrote. */
async function finished(child: Child, family: ProcessFamily): Promise<ProcessEnd> {
  let linger: NodeJS.Timeout | undefined;
  const outcome = await new Promise<ProcessEnd>((resolve) => {
    child.on('exit', () => {
      // Something may still hold its output open, and would do so for ever.
      linger = setTimeout(() => {
        family.kill();
        linger = setTimeout(() => {
          child.stdout.destroy();
          child.stderr.destroy();
        }, LINGER_MILLISECONDS);
      }, LINGER_MILLISECONDS);
    });
    child.on('close', (code, signal) =>
      resolve(code === null ? { end: 'signal', signal: signal ?? 'unknown' } : { end: 'exit', code }),
    );
  });
  clearTimeout(linger);
  return outcome;
}

/** Ends a family before its time: when the build is interrupted, or the time limit is reached. */
class Ending {
  cause: 'time-limit' | 'aborted' | undefined;
  private readonly family: ProcessFamily;
  private readonly signal: AbortSignal;
  private readonly limit: NodeJS.Timeout | undefined;
  private force: NodeJS.Timeout | undefined;
  private readonly onAbort = (): void => this.begin('aborted');

  constructor(family: ProcessFamily, { signal, timeLimitSeconds }: ProcessRequest) {
    this.family = family;
    this.signal = signal;
    if (timeLimitSeconds !== undefined) {
      const milliseconds = Math.min(timeLimitSeconds * 1000, LONGEST_TIMER_MILLISECONDS);
      this.limit = setTimeout(() => this.begin('time-limit'), milliseconds);
    }
    signal.addEventListener('abort', this.onAbort, { once: true });
    if (signal.aborted) this.onAbort();
  }

  cancel(): void {
    clearTimeout(this.limit);
    clearTimeout(this.force);
    this.signal.removeEventListener('abort', this.onAbort);
  }

  private begin(cause: 'time-limit' | 'aborted'): void {
    if (this.cause !== undefined) return;
    this.cause = cause;
    this.family.signal('SIGTERM');
    this.force = setTimeout(() => this.family.kill(), GRACE_MILLISECONDS);
  }
}
