import type { PreflightRow } from '../../tasks/preflight/preflight-rows.ts';
import { duration, fileSize, table } from './figures.ts';
import type { Palette } from './palette.ts';

const HEAD = [
  ...['model', 'SoC', 'precision', 'chunks'],
  ...['contexts', 'largest', 'limit', 'libraries', 'on the DSP', 'memory', 'disk', 'core time', ''],
];
const RIGHT = new Set([3, 4, 5, 6, 7, 8, 9, 10, 11]);

const WORDS = {
  fits: 'fits',
  refused: 'refused',
  lacking: 'this machine lacks',
  unknown: 'not known',
} as const;

/** What each context needs, as a table, and below it why some cannot be made and what can. */
export function preflightText(rows: readonly PreflightRow[], palette: Palette): readonly string[] {
  if (rows.length === 0) return ['nothing to look at: no task that was asked for makes contexts'];
  const [head = '', ...lines] = table([HEAD, ...rows.map(cells)], RIGHT);
  return [
    palette.dim(head),
    ...lines.map((line, index) => coloured(line, rows[index], palette)),
    ...rows.flatMap((row) => reason(row, palette)),
    palette.dim(basis(rows)),
  ];
}

function cells(row: PreflightRow): readonly string[] {
  const named = [row.model, row.soc, row.precision, row.chunks === null ? '?' : String(row.chunks)];
  if (row.verdict === 'unknown') return [...named, '', '', '', '', '', '', '', '', WORDS.unknown];
  const sessions = row.sessions > 1 ? ` in ${row.sessions}` : '';
  return [
    ...named,
    ...[row.binaryBytes, row.largestBytes, row.limitBytes, row.libraryBytes].map(fileSize),
    `${fileSize(row.sessionBytes)}${sessions}`,
    ...[row.memoryBytes, row.diskBytes].map(fileSize),
    `${row.measured ? '' : '~'}${duration(row.seconds)}`,
    WORDS[row.verdict],
  ];
}

function coloured(line: string, row: PreflightRow | undefined, palette: Palette): string {
  if (row === undefined) return line;
  const words = WORDS[row.verdict];
  const paint =
    row.verdict === 'fits' ? palette.green : row.verdict === 'lacking' ? palette.yellow : palette.red;
  return line.endsWith(words) ? `${line.slice(0, -words.length)}${paint(words)}` : line;
}

function reason(row: PreflightRow, palette: Palette): readonly string[] {
  const { model, soc, precision, axis, nearest } = row;
  if (row.reason === undefined) return [];
  const works = nearest === undefined ? '' : `; ${palette.cyan(`${axis} ${nearest}`)} works`;
  return [`${palette.bold(`${model} ${precision} on ${soc}`)}: ${axis}: ${row.reason}${works}`];
}

function basis(rows: readonly PreflightRow[]): string {
  const [first] = rows;
  const measured = rows.some((row) => row.measured)
    ? '; times without ~ are those of the last build here'
    : '';
  const free = `${fileSize(first?.freeMemoryBytes ?? 0)} of memory and ${fileSize(first?.freeDiskBytes ?? 0)} of disk are free`;
  return `predicted from the shapes of the weights, sizes to about 4 %${measured}; ${free}`;
}
