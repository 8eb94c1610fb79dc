import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import type { RunOptions, RunSummary } from './device.ts';
import { interrupted } from './interruption.ts';
import type { SessionEnd } from './run-session.ts';

/** What only the device can say about a session that did not go through. */
export interface DeviceWords {
  /** The device in a message: `device R5CT1234`, `the emulator`. */
  readonly name: string;
  lost(errors: string): Failure;
  notStarted(code: string): Failure;
}

/** What a session's end means for the one who asked for the run. */
export function runOutcome(
  end: SessionEnd,
  command: readonly string[],
  options: RunOptions,
  words: DeviceWords,
): Result<RunSummary> {
  switch (end.end) {
    case 'finished':
      return ok({ exitCode: end.exitCode });
    case 'time-limit':
      return fail({
        kind: 'action-failed',
        action: command.join(' '),
        exitCode: null,
        signal: null,
        output: end.output,
        message: `${command[0]} did not end within its time limit of ${options.timeLimitSeconds} s on ${words.name}`,
        hint: 'Raise the time limit, or give it less to do.',
      });
    case 'interrupted':
      return fail(interrupted(end.signal, `${command[0]} ran on ${words.name}`));
    case 'lost':
      return fail(words.lost(end.errors));
    case 'not-started':
      return fail(words.notStarted(end.code));
  }
}
