import { stripVTControlCharacters } from 'node:util';
import type { BuildEvent } from '../../engine/event.ts';
import { duration } from './figures.ts';
import { LineReporter } from './line-reporter.ts';
import { paletteFor } from './palette.ts';
import type { Reporter } from './reporter.ts';

const REDRAW_MILLISECONDS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** Lines for what happened, and below them one line that is overwritten: what runs, for how long, of how many. */
export class TerminalReporter implements Reporter {
  private readonly lines: LineReporter;
  private readonly running = new Map<string, { readonly since: number; last: string }>();
  private readonly timer: NodeJS.Timeout;
  private readonly stream: NodeJS.WriteStream;
  private total = 0;
  private finished = 0;
  private tool = '';

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
    this.lines = new LineReporter(
      paletteFor(stream),
      (line) => stream.write(`${CLEAR_LINE}${line}\n`),
      (line) => {
        stream.write(CLEAR_LINE);
        process.stdout.write(`${line}\n`);
      },
    );
    this.timer = setInterval(() => this.draw(), REDRAW_MILLISECONDS);
    // The line must not keep a finished program alive.
    this.timer.unref();
  }

  report(event: BuildEvent): void {
    switch (event.type) {
      case 'started':
        this.total = event.actions;
        break;
      case 'action-started':
        this.running.set(event.id, { since: performance.now(), last: '' });
        break;
      case 'action-output': {
        const action = this.running.get(event.id);
        if (action !== undefined) action.last = event.line;
        break;
      }
      case 'action':
        this.running.delete(event.id);
        this.finished += 1;
        break;
      case 'tool':
        this.tool =
          event.phase === 'preparing' || event.phase === 'progress' ? `${event.name}: ${event.detail}` : '';
        break;
      default:
        break;
    }
    // A tool's steps are shown in the status line; only its beginning and end deserve a line of their own.
    if (event.type !== 'tool' || event.phase !== 'progress') this.lines.report(event);
    if (event.type === 'summary') this.close();
    else this.draw();
  }

  close(): void {
    clearInterval(this.timer);
    this.stream.write(CLEAR_LINE);
  }

  private draw(): void {
    const first = this.running.entries().next().value;
    if (first === undefined && this.tool === '') return;
    const parts = [`[${this.finished}/${this.total}]`];
    if (this.tool !== '') parts.push(this.tool);
    else if (first !== undefined) {
      const [id, { since, last }] = first;
      parts.push(id, duration((performance.now() - since) / 1000));
      if (this.running.size > 1) parts.push(`(+${this.running.size - 1} more)`);
      if (last !== '') parts.push(`· ${last}`);
    }
    const width = (this.stream.columns ?? 80) - 1;
    const line = stripVTControlCharacters(parts.join(' ')).replace(/\p{Cc}/gu, ' ');
    this.stream.write(`${CLEAR_LINE}${line.length > width ? `${line.slice(0, width - 1)}…` : line}`);
  }
}
