import type { ActionFinished, BuildEvent, BuildSummary } from '../../engine/event.ts';
import { ClosingReport } from './closing-report.ts';
import { failureText } from './failure-text.ts';
import { duration } from './figures.ts';
import type { Palette } from './palette.ts';
import type { Reporter } from './reporter.ts';

type WriteLine = (line: string) => void;

/** Plain lines, a line for each thing that happened: for CI, pipes and dumb terminals. */
export class LineReporter implements Reporter {
  private readonly palette: Palette;
  private readonly talk: WriteLine;
  private readonly data: WriteLine;
  private readonly closing = new ClosingReport();

  constructor(palette: Palette, talk: WriteLine, data: WriteLine) {
    this.palette = palette;
    this.talk = talk;
    this.data = data;
  }

  report(event: BuildEvent): void {
    const line = this.lineOf(event);
    if (line !== undefined) this.talk(line);
    this.closing.add(event);
    if (event.type !== 'summary' || event.overtaken === true) return;
    for (const text of this.closing.takeLines(this.palette, event.unlisted ?? 0)) this.data(text);
    this.talk(this.summary(event));
  }

  close(): void {
    // Every line stands for itself.
  }

  private lineOf(event: BuildEvent): string | undefined {
    const { palette } = this;
    switch (event.type) {
      case 'notice':
        return `${palette.yellow('note')}: ${event.text}`;
      case 'tool':
        return this.toolLine(event.name, event.phase, event.detail, event.seconds);
      case 'action':
        return this.actionLine(event);
      case 'action-log':
        return logText(event.id, event.text, palette);
      case 'failure':
        return failureText(event.failure, palette);
      case 'changed':
        return `${palette.cyan('changed')}: ${nameSome(event.paths)}`;
      case 'watching':
        return palette.dim(`watching ${event.inputs} inputs for changes; Ctrl-C ends`);
      case 'started':
      case 'action-started':
      case 'action-output':
      case 'artifact':
      case 'result':
      case 'summary':
        return undefined;
    }
  }

  private toolLine(name: string, phase: string, detail: string, seconds: number): string | undefined {
    if (phase === 'failed') return undefined;
    if (phase === 'ready')
      return `${this.palette.green('✓')} ${name} ready ${this.palette.dim(duration(seconds))}`;
    return this.palette.dim(`  ${name}: ${detail}`);
  }

  private actionLine(event: ActionFinished): string | undefined {
    const { palette } = this;
    const took = palette.dim(duration(event.seconds));
    switch (event.outcome) {
      case 'ran':
        return `${palette.green('✓')} ${event.id} ${took}`;
      case 'cached':
      case 'skipped':
        return undefined;
      case 'failed': {
        const { failure } = event;
        const head = `${palette.red('✗')} ${event.id} ${took}`;
        if (failure === undefined) return head;
        const log = event.log === undefined ? '' : `\n${palette.dim(`all that it wrote: ${event.log}`)}`;
        return `${head}\n${failureText(failure, palette)}${log}`;
      }
    }
  }

  private summary(event: BuildSummary): string {
    const parts = [`${event.ran} ran`, `${event.cached} cached`];
    if (event.failed > 0) parts.push(this.palette.red(`${event.failed} failed`));
    if (event.skipped > 0) parts.push(`${event.skipped} skipped`);
    return `${parts.join(', ')} ${this.palette.dim(`in ${duration(event.seconds)}`)}`;
  }
}

function nameSome(paths: readonly string[]): string {
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : '';
  return `${paths.slice(0, 3).join(', ')}${more}`;
}

/** What a command wrote, under the name of its action. */
function logText(id: string, text: string, palette: Palette): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return [palette.dim(`── ${id}`), ...lines.map((line) => `  ${line}`)].join('\n');
}
