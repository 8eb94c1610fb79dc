import type { FigureComparison, RunComparison } from './run-comparison.ts';

/** Rows of a comparison, the regressions first; the first row is the head. */
export function comparisonRows({ figures }: RunComparison): readonly (readonly string[])[] {
  const order = { regression: 0, improvement: 1, same: 2 } as const;
  const sorted = [...figures].sort((a, b) => order[a.verdict] - order[b.verdict]);
  return [['', 'cell', 'figure', 'earlier', 'now', 'change', 'noise', 'runs'], ...sorted.map(row)];
}

const SIGNS = { regression: '✗', improvement: '↑', same: '' } as const;

function row({ cell, figure, before, now, verdict, change }: FigureComparison): readonly string[] {
  return [
    SIGNS[verdict],
    cell,
    figureName(figure),
    number(before),
    number(now),
    percent(now / before - 1),
    // One standard deviation of runs of the same thing.
    change === undefined ? '' : `± ${(100 * change.noise).toFixed(1)} %`,
    change === undefined ? '' : String(change.runs),
  ];
}

/** `tg32, tokens/s`. */
export function figureName(figure: string): string {
  if (figure === 'kl_mean') return 'KL to fp32, nats';
  return figure === 'context_bytes' ? 'contexts, bytes' : `${figure}, tokens/s`;
}

function percent(change: number): string {
  if (!Number.isFinite(change)) return '';
  return `${change < 0 ? '−' : '+'}${(100 * Math.abs(change)).toFixed(1)} %`;
}

const number = (value: number): string =>
  Number.isInteger(value) ? String(value) : value < 1e-2 ? value.toExponential(2) : value.toFixed(2);

/** `2 regressions, 1 improvement, 9 figures the same`. */
export function comparisonSummary({ figures }: RunComparison): string {
  const count = (wanted: FigureComparison['verdict']): number =>
    figures.filter(({ verdict }) => verdict === wanted).length;
  const counted = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const changed = `${counted(count('regression'), 'regression')}, ${counted(count('improvement'), 'improvement')}`;
  return `${changed}, ${counted(count('same'), 'figure')} the same`;
}

/** A table in Markdown. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [line(head), `|${' --- |'.repeat(head.length)}\n`, ...rest.map(line)].join('');
}
