import type { PredictedCall, PredictedRecord } from '../../tasks/predict-speed/predicted-record.ts';
import { figure, fileSize, table } from './figures.ts';
import type { Palette } from './palette.ts';

/** The engine hands over any record; only a prediction's has calls. */
export const isPredicted = (record: PredictedRecord): boolean => Array.isArray(record?.calls);

/** What the cost model predicts, a line for each graph. */
export function predictionTable(records: readonly PredictedRecord[], palette: Palette): string[] {
  if (records.length === 0) return [];
  const head = ['model', 'precision', 'predicted on', 'tokens', 'µs', 'from – to', 'tokens/s'];
  const rows = records.flatMap((record) => record.calls.map((call) => predictionRow(record, call)));
  const [first = '', ...rest] = table(
    [[...head, 'DDR read', '÷ weights', 'written', 'unpriced ops'], ...rows],
    new Set([3, 4, 5, 6, 7, 8, 9, 10]),
  );
  const socs = [...new Set(records.map(({ proxy, soc }) => `${proxy} for ${soc}`))];
  const note = `Qualcomm's cost model of another SoC, not the speed of yours (${socs.join(', ')})`;
  return ['', palette.bold(first), ...rest, palette.dim(note)];
}

function predictionRow({ model, precision, proxy }: PredictedRecord, call: PredictedCall): string[] {
  const { value, low, high } = call.microseconds;
  return [
    model,
    precision,
    proxy,
    String(call.tokens),
    String(value),
    `${low} – ${high}`,
    figure(call.tokens_per_second),
    fileSize(call.filled_bytes),
    (call.filled_bytes / call.weight_bytes).toFixed(3),
    fileSize(call.spilled_bytes),
    String(call.unpriced_ops.length),
  ];
}
