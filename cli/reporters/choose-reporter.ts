import { GithubReporter } from './github-reporter.ts';
import { JsonReporter } from './json-reporter.ts';
import { LineReporter } from './line-reporter.ts';
import { paletteFor } from './palette.ts';
import type { Reporter } from './reporter.ts';
import { TerminalReporter } from './terminal-reporter.ts';

/** JSON where it was asked for, groups and annotations on GitHub, a live view on a terminal, plain lines elsewhere. */
export function chooseReporter(json: boolean): Reporter {
  if (json) return new JsonReporter();
  const stream = process.stderr;
  const talk = (line: string): void => {
    stream.write(`${line}\n`);
  };
  const data = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (process.env.GITHUB_ACTIONS === 'true') return new GithubReporter(process.env, talk, data);
  const live = stream.isTTY === true && process.env.TERM !== 'dumb' && (process.env.CI ?? '') === '';
  if (live) return new TerminalReporter(stream);
  return new LineReporter(paletteFor(stream), talk, data);
}
