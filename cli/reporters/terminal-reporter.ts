import type { BuildEvent } from '../../engine/event.ts';
import type { TimeLeft } from '../../engine/time-left.ts';
import { LineReporter } from './line-reporter.ts';
import { liveLines, textWidth } from './live-view.ts';
import { type Palette, paletteFor } from './palette.ts';
import type { Reporter } from './reporter.ts';

const REDRAW_MILLISECONDS = 100;

/** Lines for what happened, and below them what runs: drawn over and over in the same place. */
export class TerminalReporter implements Reporter {
  private readonly lines: LineReporter;
  private readonly palette: Palette;
  private readonly running = new Map<string, { readonly since: number; said: string }>();
  private readonly timer: NodeJS.Timeout;
  private readonly stream: NodeJS.WriteStream;
  private total = 0;
  private finished = 0;
  private since = performance.now();
  private tool = '';
  /** Ids of the actions that have an outcome, until the estimate knows of them. */
  private ended: string[] = [];
  private makeEstimate: (() => TimeLeft) | undefined;
  private estimate: TimeLeft | undefined;
  /** The lines that stand on the terminal now, the cursor at the end of the last. */
  private drawn: readonly string[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
    this.palette = paletteFor(stream);
    this.lines = new LineReporter(
      this.palette,
      (line) => this.writeAbove(() => stream.write(`${line}\n`)),
      (line) => this.writeAbove(() => process.stdout.write(`${line}\n`)),
    );
    this.timer = setInterval(() => this.draw(), REDRAW_MILLISECONDS);
    // The view must not keep a finished program alive.
    this.timer.unref();
  }

  expect(estimate: () => TimeLeft): void {
    this.makeEstimate = estimate;
    this.estimate = undefined;
  }

  report(event: BuildEvent): void {
    this.note(event);
    // A tool's steps are shown in the view; only its beginning and end deserve a line of their own.
    if (event.type !== 'tool' || event.phase !== 'progress') this.lines.report(event);
    if (event.type === 'summary') this.erase();
  }

  close(): void {
    clearInterval(this.timer);
    this.erase();
  }

  private note(event: BuildEvent): void {
    switch (event.type) {
      case 'started':
        this.total = event.actions;
        this.finished = 0;
        this.since = performance.now();
        this.running.clear();
        this.ended = [];
        return;
      case 'action-started':
        this.running.set(event.id, { since: performance.now(), said: '' });
        // Made only now: a build that runs nothing needs no estimate.
        this.estimate ??= this.makeEstimate?.();
        for (const id of this.ended.splice(0)) this.estimate?.finish(id);
        this.estimate?.start(event.id, performance.now());
        return;
      case 'action-output': {
        const action = this.running.get(event.id);
        if (action !== undefined) action.said = event.line;
        return;
      }
      case 'action':
        this.running.delete(event.id);
        this.finished += 1;
        if (this.estimate === undefined) this.ended.push(event.id);
        else this.estimate.finish(event.id);
        return;
      case 'tool':
        this.tool =
          event.phase === 'preparing' || event.phase === 'progress' ? `${event.name}: ${event.detail}` : '';
        return;
      default:
        return;
    }
  }

  private writeAbove(write: () => void): void {
    this.erase();
    write();
  }

  private erase(): void {
    if (this.drawn.length === 0) return;
    const columns = this.stream.columns ?? 80;
    // After a terminal became narrower, what was one line may have become several.
    const rows = this.drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
    const up = rows > 1 ? `\u001b[${rows - 1}A` : '';
    this.stream.write(`\r${up}\u001b[J`);
    this.drawn = [];
  }

  private draw(): void {
    const now = performance.now();
    const { finished, total, tool } = this;
    const running = [...this.running].map(([id, { since, said }]) => {
      return { id, seconds: (now - since) / 1000, said };
    });
    const seconds = (now - this.since) / 1000;
    const remaining = this.estimate?.remaining(now);
    const state = { finished, total, seconds, remaining, running, tool };
    const lines = liveLines(state, this.stream.columns ?? 80, this.stream.rows ?? 24);
    this.erase();
    if (lines.length === 0) return;
    const [head = '', ...rest] = lines;
    this.stream.write([this.palette.bold(head), ...rest].join('\n'));
    this.drawn = lines;
  }
}
