import type { BuildEvent } from '../../engine/event.ts';
import type { Reporter } from './reporter.ts';

/** Of `events.schema.json`: goes up when a field is taken away or changes its meaning. */
export const EVENT_SCHEMA_VERSION = 1;

/** One event a line on stdout, for other programs: first the version of the schema, the summary last. */
export class JsonReporter implements Reporter {
  constructor() {
    process.stdout.write(`${JSON.stringify({ type: 'schema', version: EVENT_SCHEMA_VERSION })}\n`);
  }

  report(event: BuildEvent): void {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  close(): void {
    // Every event has been written when it came.
  }
}
