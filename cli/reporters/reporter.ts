import type { BuildEvent } from '../../engine/event.ts';
import type { TimeLeft } from '../../engine/time-left.ts';

/** Turns events into text. Only reporters and commands that print data write to the terminal. */
export interface Reporter {
  report(event: BuildEvent): void;
  /** For reporters that show it: makes what estimates the time of the build that is about to start. */
  expect?(estimate: () => TimeLeft): void;
  /** Nothing follows; a status line must not stay behind. */
  close(): void;
}
