import { appendFileSync } from 'node:fs';
import type { ActionFinished, ArtifactPublished, BuildEvent, BuildSummary } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import { duration } from './figures.ts';
import { errorCommand, groupCommands, warningCommand } from './github-command.ts';
import { jobSummary } from './job-summary.ts';
import { LineReporter } from './line-reporter.ts';
import { PLAIN } from './palette.ts';
import type { Reporter } from './reporter.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type WriteLine = (line: string) => void;

/** Of a longer log the end is shown; the whole of it is in the store. */
const MOST_LOG_LINES = 5000;

/**
 * For GitHub Actions: the log of each command as a group of its own, failures at their line of the pipeline
 * file, and a page about the job. A command's lines wait for its end, so that two commands' never mix.
 */
export class GithubReporter implements Reporter {
  private readonly environment: Environment;
  private readonly talk: WriteLine;
  private readonly lines: LineReporter;
  private readonly logs = new Map<string, string[]>();
  private targets: readonly string[] = [];
  private actions: ActionFinished[] = [];
  private artifacts: ArtifactPublished[] = [];
  private failures: Failure[] = [];

  constructor(environment: Environment, talk: WriteLine, data: WriteLine) {
    this.environment = environment;
    this.talk = talk;
    this.lines = new LineReporter(PLAIN, talk, data);
  }

  report(event: BuildEvent): void {
    switch (event.type) {
      case 'started':
        this.targets = event.targets;
        break;
      case 'action-started':
        this.logs.set(event.id, []);
        break;
      case 'action-output':
        this.noteLine(event.id, event.line);
        break;
      case 'artifact':
        this.artifacts.push(event);
        break;
      default:
        break;
    }
    if (event.type === 'action') this.reportAction(event);
    else if (event.type === 'notice') this.talk(warningCommand(event.text));
    else this.lines.report(event);
    if (event.type === 'failure') {
      this.failures.push(event.failure);
      this.talk(errorCommand(event.failure, 'rwkv-build', this.environment));
    }
    if (event.type === 'summary') this.writeSummary(event);
  }

  close(): void {
    // Every line stands for itself.
  }

  private noteLine(id: string, line: string): void {
    const log = this.logs.get(id);
    if (log !== undefined && log.push(line) > MOST_LOG_LINES) log.shift();
  }

  private reportAction(event: ActionFinished): void {
    const log = this.logs.get(event.id) ?? [];
    this.logs.delete(event.id);
    if (event.outcome === 'ran' || event.outcome === 'failed') {
      this.actions.push(event);
      const title = `${event.outcome === 'ran' ? '✓' : '✗'} ${event.id} ${duration(event.seconds)}`;
      // One that wrote nothing is a line; one that failed is told of below its log.
      if (log.length > 0) for (const line of groupCommands(title, log)) this.talk(line);
      if (log.length === 0 || event.outcome === 'failed') this.lines.report(event);
    }
    if (event.outcome === 'failed' && event.failure !== undefined) {
      this.talk(errorCommand(event.failure, event.id, this.environment));
    }
  }

  private writeSummary(summary: BuildSummary): void {
    const { targets, actions, artifacts, failures } = this;
    this.actions = [];
    this.artifacts = [];
    this.failures = [];
    const file = this.environment.GITHUB_STEP_SUMMARY ?? '';
    if (file === '') return;
    try {
      appendFileSync(file, jobSummary({ targets, actions, artifacts, failures }, summary));
    } catch (error) {
      this.talk(warningCommand(`the job summary could not be written: ${(error as Error).message}`));
    }
  }
}
