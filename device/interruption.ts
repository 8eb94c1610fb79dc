import type { Interrupted } from '../engine/failure.ts';

/** The name of the signal that an interruption stands for: its reason where that is text, else `SIGINT`. */
export function signalName(interruption: AbortSignal | undefined): string {
  const reason: unknown = interruption?.reason;
  return typeof reason === 'string' ? reason : 'SIGINT';
}

/** The failure of what was going on when the user or the system ended the build. */
export function interrupted(signal: string, doing: string): Interrupted {
  return { kind: 'interrupted', signal, message: `interrupted by ${signal} while ${doing}` };
}
