import { spawn } from 'node:child_process';
import { signalName } from './interruption.ts';

export interface BoundedCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The process is killed when it writes nothing for this long. */
  readonly silenceSeconds: number;
  /** Kills the process when it fires. */
  readonly interruption?: AbortSignal;
}

/** How a short command ended; its output is text. */
export type BoundedEnd =
  /** By itself. `exitCode` is null when a signal of somebody else's ended it. */
  | {
      readonly end: 'exited';
      readonly exitCode: number | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly end: 'silent' }
  | { readonly end: 'interrupted'; readonly signal: string }
  /** `code` is the errno's name. */
  | { readonly end: 'not-started'; readonly code: string };

/**
 * Runs a command whose output is short and wanted whole. A connection to a device can stall without ending, so
 * there is no way to run one without a limit. Never rejects.
 */
export function boundedProcess(command: BoundedCommand): Promise<BoundedEnd> {
  const { interruption } = command;
  if (interruption?.aborted === true) {
    return Promise.resolve({ end: 'interrupted', signal: signalName(interruption) });
  }
  return new Promise((resolve) => {
    const child = spawn(command.program, command.arguments, {
      env: command.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let stopped: BoundedEnd | undefined;
    const stop = (why: BoundedEnd): void => {
      stopped ??= why;
      child.kill('SIGKILL');
      // A server that adb started may hold the pipes; nobody waits for what it has to say.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const silence = setTimeout(() => stop({ end: 'silent' }), command.silenceSeconds * 1000);
    const onInterruption = (): void => stop({ end: 'interrupted', signal: signalName(interruption) });
    interruption?.addEventListener('abort', onInterruption);
    const finish = (end: BoundedEnd): void => {
      clearTimeout(silence);
      interruption?.removeEventListener('abort', onInterruption);
      resolve(end);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      silence.refresh();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      silence.refresh();
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      finish(stopped ?? { end: 'not-started', code: error.code ?? error.message });
    });
    child.on('close', (exitCode) => {
      finish(
        stopped ?? {
          end: 'exited',
          exitCode,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8'),
        },
      );
    });
  });
}
