import { BARE_NODE, type RowResult } from './bench-row.ts';
import { type Line, medians } from './taking-turns.ts';

/** One row of the report as text: a line each subject, then the goals. */
export function rowText(row: RowResult): string {
  const node = medians(row.lines.find((line) => line.name === BARE_NODE));
  const cells = row.lines.map((line) => lineCells(line, node?.cpu));
  const head = ['', 'wall s', 'CPU s', '× node CPU', 'peak MB', 'runs', ''];
  const goals = row.goals.map(({ text, reached, met }) => `  ${verdict(met).padEnd(7)}  ${text}: ${reached}`);
  const remarks = row.remarks.map((remark) => `  ${remark}`);
  return [`\n${row.title}  [${row.id}]`, ...aligned([head, ...cells]), ...goals, ...remarks].join('\n');
}

/** All goals at one look. */
export function goalsText(rows: readonly RowResult[]): string {
  const cells = rows.flatMap((row) =>
    row.goals.map(({ text, reached, met }) => [row.id, text, reached, verdict(met)]),
  );
  return ['\nGoals', ...aligned(cells)].join('\n');
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '?';
  return met ? 'met' : 'NOT MET';
}

function lineCells(line: Line, nodeCpu: number | undefined): string[] {
  const median = medians(line);
  if (median === undefined) return [line.name, '', '', '', '', '', line.note ?? ''];
  return [
    line.name,
    median.wall.toFixed(3),
    median.cpu.toFixed(3),
    nodeCpu === undefined ? '' : (median.cpu / nodeCpu).toFixed(2),
    (median.memory / 1e6).toFixed(0),
    String(line.runs.length),
    line.note ?? '',
  ];
}

/** Columns of equal width; figures to the right, words to the left. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column > 0 && /^([\d.]+|wall s|CPU s|× node CPU|peak MB|runs|)$/.test(cell)
        ? cell.padStart(width)
        : cell.padEnd(width);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
