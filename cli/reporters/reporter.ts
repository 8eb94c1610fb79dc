import type { BuildEvent } from '../../engine/event.ts';

/** Turns events into text. Only reporters and commands that print data write to the terminal. */
export interface Reporter {
  report(event: BuildEvent): void;
  /** Nothing follows; a status line must not stay behind. */
  close(): void;
}
