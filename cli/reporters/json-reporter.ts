import type { BuildEvent } from '../../engine/event.ts';
import type { Reporter } from './reporter.ts';

/** One event a line on stdout, for other programs. The last is always the summary. */
export class JsonReporter implements Reporter {
  report(event: BuildEvent): void {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  close(): void {
    // Every event has been written when it came.
  }
}
