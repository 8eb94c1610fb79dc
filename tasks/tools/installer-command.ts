import { spawn } from 'node:child_process';

export interface InstallerCommand {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told each line that it writes. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How it ended: `tail` is the last lines of what it wrote. */
export type InstallerEnd =
  | { readonly end: 'done' }
  | { readonly end: 'interrupted' }
  | { readonly end: 'failed'; readonly exitCode: number | null; readonly tail: string };

const TAIL_LINES = 12;

/** Runs one command of an installation, with all processes that it starts, until it ends or the signal fires. */
export async function installerCommand(options: InstallerCommand): Promise<InstallerEnd> {
  const { onLine, signal } = options;
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.environment === undefined ? {} : { env: options.environment }),
  });
  // An installer has processes of its own, and nothing of what they did is kept.
  const onAbort = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const tail: string[] = [];
  const listen = (chunk: Buffer): void => {
    for (const line of chunk
      .toString()
      .split('\n')
      .map((text) => text.trim())) {
      if (line === '') continue;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine(line);
    }
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const exitCode = await new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      tail.push(error.message);
      resolve(null);
    });
    child.on('close', resolve);
  });
  signal.removeEventListener('abort', onAbort);
  if (signal.aborted) return { end: 'interrupted' };
  return exitCode === 0 ? { end: 'done' } : { end: 'failed', exitCode, tail: tail.join('\n') };
}
