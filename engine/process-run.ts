import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

export interface ProcessRequest {
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything that the command writes goes here. */
  readonly log: string;
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

/** How long a process group may take to end by itself after SIGTERM. */
const GRACE_MILLISECONDS = 1500;

/**
 * Runs a command in a process group of its own, so that nothing which it started outlives it, and feeds what
 * it writes to a log and line by line to a listener.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessEnd> {
  const [program = '', ...rest] = request.command;
  const log = createWriteStream(request.log);
  // A log that cannot be written (a full disk) must not hide how the command ended.
  log.on('error', () => undefined);
  const child = spawn(program, rest, {
    cwd: request.folder,
    env: request.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let cause: 'time-limit' | 'aborted' | undefined;
  let force: NodeJS.Timeout | undefined;
  const end = (why: 'time-limit' | 'aborted'): void => {
    if (cause !== undefined) return;
    cause = why;
    signalGroup(child.pid, 'SIGTERM');
    force = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MILLISECONDS);
  };
  const onAbort = (): void => end('aborted');
  request.signal.addEventListener('abort', onAbort, { once: true });
  if (request.signal.aborted) onAbort();
  const limit =
    request.timeLimitSeconds === undefined
      ? undefined
      : setTimeout(() => end('time-limit'), request.timeLimitSeconds * 1000);

  for (const stream of [child.stdout, child.stderr]) {
    const lines = new LineSplitter(request.onLine);
    stream.on('data', (chunk: Buffer) => {
      log.write(chunk);
      lines.push(chunk);
    });
    stream.on('end', () => lines.end());
  }

  const outcome = await new Promise<ProcessEnd>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ end: 'not-started', code: error.code ?? '' }),
    );
    child.on('close', (code, signal) =>
      resolve(code === null ? { end: 'signal', signal: signal ?? 'unknown' } : { end: 'exit', code }),
    );
  });
  clearTimeout(limit);
  clearTimeout(force);
  request.signal.removeEventListener('abort', onAbort);
  // What the command left running in its group would go on writing into a folder that is about to go.
  signalGroup(child.pid, 'SIGKILL');
  log.end();
  await finished(log).catch(() => undefined);
  return cause === undefined ? outcome : { end: cause };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group has ended already, which is what was wanted.
  }
}

/** Cuts a stream of bytes into lines; a carriage return ends one too, as progress bars write it. */
class LineSplitter {
  private rest = '';
  private readonly decoder = new TextDecoder();
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const parts = (this.rest + this.decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    this.rest = parts.pop() ?? '';
    for (const line of parts) if (line !== '') this.onLine(line);
  }

  end(): void {
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }
}
