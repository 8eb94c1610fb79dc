import { figureName, markdownTable } from './comparison-text.ts';
import { cellText } from './record-identity.ts';
import type { MeasuredRecord, RunRecord } from './run-record.ts';
import { summarise } from './speed-summary.ts';

/** One figure of a record, with what tells it apart from others. */
interface ExportedFigure {
  readonly record: MeasuredRecord;
  readonly figure: string;
  readonly value: number;
  readonly p90?: number;
  readonly spread?: number;
  readonly first?: number;
  readonly sustained?: number;
  readonly repetitions?: number;
}

function figuresOf(records: readonly RunRecord[]): readonly ExportedFigure[] {
  return records.flatMap((record): readonly ExportedFigure[] => {
    if (record.outcome === 'failed') return [];
    const speeds = record.speeds.map((speed) => {
      const { median, ...others } = summarise(speed);
      return { record, figure: speed.test, value: median, ...others };
    });
    return [
      ...speeds,
      { record, figure: 'kl_mean', value: record.accuracy.kl_mean },
      { record, figure: 'context_bytes', value: record.context_bytes },
    ];
  });
}

/** A line for each figure, with a head (RFC 4180). */
export function csvExport(records: readonly RunRecord[]): string {
  const figures = figuresOf(records);
  const axes = [...new Set(figures.flatMap(({ record }) => Object.keys(record.cell)))];
  const head = ['time', 'run', 'matrix', ...axes, 'commit', 'device', 'soc', 'emulated'];
  const rows = figures.map(({ record, figure, value, p90, spread, first, sustained, repetitions }) => [
    ...[record.time, record.run, record.matrix, ...axes.map((axis) => record.cell[axis] ?? '')],
    ...[record.commit ?? '', record.device.model, record.device.soc, String(record.emulated)],
    ...[figure, value, p90, spread, first, sustained, repetitions].map((one) => String(one ?? '')),
    record.doubts.join('; '),
  ]);
  const columns = ['figure', 'value', 'p90', 'spread', 'first', 'sustained', 'repetitions', 'doubts'];
  return [[...head, ...columns], ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** A table for people, a line for each cell of each run. */
export function markdownExport(records: readonly RunRecord[]): string {
  const tests = [
    ...new Set(
      records.flatMap((one) => (one.outcome === 'measured' ? one.speeds.map(({ test }) => test) : [])),
    ),
  ];
  const head = ['run', 'cell', ...tests.map(figureName), 'KL to fp32, nats', 'same top token', 'device'];
  return markdownTable([head, ...records.map((record) => markdownRow(record, tests))]);
}

function markdownRow(record: RunRecord, tests: readonly string[]): readonly string[] {
  const named = [record.run, cellText(record.cell)];
  if (record.outcome === 'failed') return [...named, ...tests.map(() => ''), '', '', record.failure.message];
  const { accuracy, device } = record;
  return [
    ...named,
    ...tests.map((wanted) => {
      const speed = record.speeds.find(({ test }) => test === wanted);
      return speed === undefined ? '' : summarise(speed).median.toFixed(2);
    }),
    accuracy.kl_mean.toExponential(1),
    `${(100 * accuracy.top1_agreement).toFixed(1)} %`,
    // The times of an emulator must not be taken for a phone's.
    record.emulated ? `${device.model} (times of this machine)` : `${device.model}, ${device.soc}`,
  ];
}

/**
 * The speeds for github-action-benchmark's tool `customBiggerIsBetter`
 * (https://github.com/benchmark-action/github-action-benchmark#examples).
 */
export function actionExport(records: readonly RunRecord[]): string {
  const speeds = figuresOf(records).filter(({ repetitions }) => repetitions !== undefined);
  const entries = speeds.map(({ record, figure, value, spread = 0, repetitions }) => ({
    name: `${cellText(record.cell)} · ${figure}${record.emulated ? ' · emulated' : ''}`,
    unit: 'tokens/s',
    value,
    range: `± ${(50 * spread).toFixed(1)} %`,
    extra: `run ${record.run}, ${repetitions} repetitions, ${record.device.model}`,
  }));
  return `${JSON.stringify(entries, null, 2)}\n`;
}
