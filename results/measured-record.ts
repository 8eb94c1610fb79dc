import { createHash } from 'node:crypto';
import type { BenchmarkResult } from '../tasks/benchmark/benchmark-result.ts';
import { LIBRARY_FOLDER } from '../tasks/device-libraries.ts';
import { named } from './record-identity.ts';
import { type MeasuredRecord, RECORD_VERSION, type SpeedRecord } from './run-record.ts';
import { isThrottled, summarise } from './speed-summary.ts';

/** What of a record is known before anything runs. */
export interface RecordFrame {
  readonly run: string;
  readonly matrix: string;
  readonly cell: Readonly<Record<string, string>>;
  readonly commit?: string;
  readonly version: string;
  /** The CPU of this machine, for what ran on the emulator. */
  readonly host: string;
}

/** A record of what the benchmark of a cell found. */
export function measuredRecord(frame: RecordFrame, result: BenchmarkResult, time: Date): MeasuredRecord {
  const { host, ...known } = frame;
  const speeds = (result.speeds ?? []).map(
    ({ test, prompt_tokens, generated_tokens, seconds }): SpeedRecord => ({
      ...{ test, prompt_tokens, generated_tokens },
      tokens_per_second: seconds.map((each) => (prompt_tokens + generated_tokens) / each),
    }),
  );
  const { tokens, perplexity, reference_perplexity, kl_mean, kl_max, top1_agreement } = result.evaluation;
  return named<MeasuredRecord>({
    schema: RECORD_VERSION,
    time: time.toISOString(),
    ...known,
    outcome: 'measured',
    emulated: result.emulated,
    device: { ...result.device, ...(result.emulated ? { host } : {}) },
    digests: {
      model: filesDigest(result, 'models/'),
      libraries: filesDigest(result, `${LIBRARY_FOLDER}/`),
      runtime: filesDigest(result, 'runtime/'),
    },
    conditions: {},
    doubts: speeds.filter(isThrottled).map(throttledText),
    speeds,
    accuracy: { tokens, perplexity, reference_perplexity, kl_mean, kl_max, top1_agreement },
    context_bytes: result.speeds?.[0]?.context_bytes ?? contextBytes(result),
  });
}

function throttledText(speed: SpeedRecord): string {
  const { first, sustained } = summarise(speed);
  return `${speed.test} fell from ${first.toFixed(1)} to ${sustained.toFixed(1)} tokens/s while it was measured`;
}

/** One digest of all pushed files below a folder, by their paths and digests. */
function filesDigest({ files }: BenchmarkResult, folder: string): string {
  const lines = files
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}

const contextBytes = ({ files }: BenchmarkResult): number =>
  files.filter(({ path }) => path.endsWith('.bin')).reduce((sum, { bytes }) => sum + bytes, 0);
