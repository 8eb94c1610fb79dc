import { JsonReporter } from './json-reporter.ts';
import { LineReporter } from './line-reporter.ts';
import { paletteFor } from './palette.ts';
import type { Reporter } from './reporter.ts';
import { TerminalReporter } from './terminal-reporter.ts';

/** JSON where it was asked for, a live line on a terminal, plain lines elsewhere. */
export function chooseReporter(json: boolean): Reporter {
  if (json) return new JsonReporter();
  const stream = process.stderr;
  const live = stream.isTTY === true && process.env.TERM !== 'dumb' && (process.env.CI ?? '') === '';
  if (live) return new TerminalReporter(stream);
  return new LineReporter(
    paletteFor(stream),
    (line) => stream.write(`${line}\n`),
    (line) => process.stdout.write(`${line}\n`),
  );
}
