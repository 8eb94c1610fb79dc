import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import {
  comparisonRows,
  comparisonSummary,
  figureName,
  markdownTable,
} from '../../results/comparison-text.ts';
import { chosenRun, recordsBefore } from '../../results/run-choice.ts';
import { compareRuns, type RunComparison } from '../../results/run-comparison.ts';
import { readHistory } from '../../results/run-history.ts';
import type { RunRecord } from '../../results/run-record.ts';
import { EXIT } from '../exit-code.ts';
import { historiesToRead } from '../history-file.ts';
import { table } from '../reporters/figures.ts';
import { paletteFor } from '../reporters/palette.ts';
import { failUsage } from './command-failure.ts';

export interface CompareOptions {
  /** None: the one beside the pipeline file. */
  readonly history: readonly string[];
  readonly format: 'table' | 'md' | 'json';
}

export interface CheckOptions extends CompareOptions {
  readonly baseline?: string;
  readonly run?: string;
}

/** Prints in what a run differs from an earlier one. The exit code is 0 whatever it finds. */
export async function benchCompare(earlier: string, later: string, options: CompareOptions): Promise<number> {
  const compared = await comparison(options, (records) => {
    const before = chosenRun(records, earlier);
    return before.ok ? withRun(records, later, () => before.value) : before;
  });
  if (!compared.ok) return failUsage([compared.failure], { json: false });
  print(compared.value, options.format);
  return EXIT.ok;
}

/** Holds a run to those before it, or to another history. The exit code is 1 when something became worse. */
export async function benchCheck(options: CheckOptions): Promise<number> {
  const baseline = options.baseline === undefined ? undefined : await readHistory([options.baseline]);
  if (baseline?.ok === false) return failUsage([baseline.failure], { json: false });
  const compared = await comparison(options, (records) =>
    withRun(records, options.run, (run) => baseline?.value.records ?? recordsBefore(records, run)),
  );
  if (!compared.ok) return failUsage([compared.failure], { json: false });
  print(compared.value, options.format);
  const regressions = compared.value.figures.filter(({ verdict }) => verdict === 'regression');
  if (process.env.GITHUB_ACTIONS === 'true') {
    for (const { cell, figure, before, now } of regressions) {
      const change = `${((now / before - 1) * 100).toFixed(1)} %`;
      process.stderr.write(`::error title=benchmark regression::${cell}: ${figureName(figure)} ${change}\n`);
    }
  }
  return regressions.length === 0 ? EXIT.ok : EXIT.buildFailed;
}

async function comparison(
  { history }: CompareOptions,
  choose: (records: readonly RunRecord[]) => Result<RunComparison, Failure>,
): Promise<Result<RunComparison, Failure>> {
  const read = await readHistory(historiesToRead(history));
  if (!read.ok) return fail(read.failure);
  if (read.value.newer > 0)
    process.stderr.write(`${read.value.newer} records are of a newer rwkv-build and were left out\n`);
  return choose(read.value.records);
}

function withRun(
  records: readonly RunRecord[],
  begin: string | undefined,
  earlier: (run: readonly RunRecord[]) => readonly RunRecord[],
): Result<RunComparison, Failure> {
  const run = chosenRun(records, begin);
  return run.ok ? ok(compareRuns(earlier(run.value), run.value)) : run;
}

function print(compared: RunComparison, format: CompareOptions['format']): void {
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(compared, null, 2)}\n`);
    return;
  }
  const rows = comparisonRows(compared);
  const left = compared.leftOut.map(({ cell, reason }) => `${cell}: ${reason}`);
  if (format === 'md') {
    const notes = left.map((line) => `\n- ${line}`).join('');
    process.stdout.write(`${comparisonSummary(compared)}\n\n${markdownTable(rows)}${notes}\n`);
    return;
  }
  const palette = paletteFor(process.stdout);
  const [head = '', ...lines] = compared.figures.length === 0 ? [] : table(rows, new Set([3, 4, 5, 6, 7]));
  const shown = lines.map((line) => (line.startsWith('✗') ? palette.red(line) : line));
  const text = [
    palette.bold(head),
    ...shown,
    ...left.map((line) => palette.dim(line)),
    comparisonSummary(compared),
  ];
  process.stdout.write(`${text.filter((line) => line !== '').join('\n')}\n`);
}
