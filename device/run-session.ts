import { spawn } from 'node:child_process';
import type { EndMarker } from './end-marker.ts';
import { signalName } from './interruption.ts';

/** The local process through which a device's shell runs a script: `adb … shell SCRIPT`, or `sh -c SCRIPT`. */
export interface SessionCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface SessionLimits {
  readonly timeLimitSeconds: number;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
  readonly interruption?: AbortSignal;
}

/** How a session ended. Only `finished` says anything about the program. */
export type SessionEnd =
  /** The end marker arrived. */
  | { readonly end: 'finished'; readonly exitCode: number }
  /** The connection ended without the marker. `errors` is the end of what was on standard error. */
  | { readonly end: 'lost'; readonly errors: string }
  /** `output` is the end of what the program wrote on both streams. */
  | { readonly end: 'time-limit'; readonly output: string }
  | { readonly end: 'interrupted'; readonly signal: string }
  /** The local process could not be started; `code` is the errno's name. */
  | { readonly end: 'not-started'; readonly code: string };

/** The remote shell kills after 3 s; after this long without its marker it isn't there any more. */
const ENDING_MS = 6000;
/** A process that the program left behind may hold the connection open: the marker is the end all the same. */
const DRAIN_MS = 1000;
const TAIL_BYTES = 4096;

/** Runs a `runScript` to its end, its time limit or its interruption, whichever comes first. Never rejects. */
export function runSession(
  command: SessionCommand,
  marker: EndMarker,
  limits: SessionLimits,
): Promise<SessionEnd> {
  if (limits.interruption?.aborted === true) {
    return Promise.resolve({ end: 'interrupted', signal: signalName(limits.interruption) });
  }
  return new Promise((resolve) => {
    const child = spawn(command.program, command.arguments, {
      env: command.environment,
      stdio: 'pipe',
      // A Ctrl-C in the terminal reaches the whole foreground group; the program is to be ended in order instead.
      detached: true,
    });
    let errors: Buffer = Buffer.alloc(0);
    let output: Buffer = Buffer.alloc(0);
    let stopped: { readonly end: 'time-limit' } | Extract<SessionEnd, { end: 'interrupted' }> | undefined;
    let ending: NodeJS.Timeout | undefined;
    let draining: NodeJS.Timeout | undefined;

    const cut = (): void => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const stop = (why: NonNullable<typeof stopped>): void => {
      if (stopped !== undefined) return;
      stopped = why;
      child.stdin.end();
      ending = setTimeout(cut, ENDING_MS);
    };
    const onInterruption = (): void => stop({ end: 'interrupted', signal: signalName(limits.interruption) });
    limits.interruption?.addEventListener('abort', onInterruption);
    const limit = setTimeout(() => stop({ end: 'time-limit' }), limits.timeLimitSeconds * 1000);

    const finish = (end: SessionEnd): void => {
      for (const timer of [limit, ending, draining]) clearTimeout(timer);
      limits.interruption?.removeEventListener('abort', onInterruption);
      resolve(end);
    };
    child.stdin.on('error', () => {
      // The process ended before its input was closed; how it ended is told by `close`.
    });
    child.stdout.on('data', (chunk: Buffer) => {
      const own = marker.feed(chunk);
      if (own.byteLength > 0) limits.onStdout(own);
      output = tail(output, own);
      if (marker.exitCode !== undefined && draining === undefined) {
        draining = setTimeout(cut, DRAIN_MS);
      }
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors = tail(errors, chunk);
      output = tail(output, chunk);
      limits.onStderr(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      finish({ end: 'not-started', code: error.code ?? error.message });
    });
    child.on('close', () => {
      if (stopped?.end === 'interrupted') return finish(stopped);
      if (stopped?.end === 'time-limit') return finish({ end: 'time-limit', output: text(output) });
      const { exitCode } = marker;
      if (exitCode !== undefined) return finish({ end: 'finished', exitCode });
      const rest = marker.rest();
      if (rest.byteLength > 0) limits.onStdout(rest);
      finish({ end: 'lost', errors: text(errors) });
    });
  });
}

function tail(kept: Buffer, chunk: Uint8Array): Buffer {
  const both = Buffer.concat([kept, chunk]);
  return both.subarray(Math.max(0, both.byteLength - TAIL_BYTES));
}

function text(bytes: Buffer): string {
  return bytes.toString('utf8').trim();
}
