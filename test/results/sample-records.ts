import { named } from '../../results/record-identity.ts';
import { type FailedRecord, type MeasuredRecord, RECORD_VERSION } from '../../results/run-record.ts';

const DIGEST = '0'.repeat(64);

export interface SampleOptions {
  readonly run: string;
  readonly cell?: Readonly<Record<string, string>>;
  /** Of `tg32`, in tokens a second, for each repetition. */
  readonly speeds?: readonly number[];
  readonly kl?: number;
  readonly bytes?: number;
  readonly doubts?: readonly string[];
  readonly deviceModel?: string;
  readonly matrix?: string;
}

const base = ({ run, cell, matrix }: SampleOptions) =>
  ({
    schema: RECORD_VERSION,
    time: `${run.slice(0, 10)}T02:00:00.000Z`,
    ...{ run, matrix: matrix ?? 'nightly', cell: cell ?? { precision: 'fp16' }, version: '0.1.0' },
  }) as const;

/** A record of a measured cell. */
export function measured(options: SampleOptions): MeasuredRecord {
  return named<MeasuredRecord>({
    ...base(options),
    outcome: 'measured',
    emulated: false,
    device: {
      ...{ kind: 'adb', serial: 'S', soc: 'SM8650', model: options.deviceModel ?? 'Phone' },
      ...{ operating_system: 'Android 15', target: 'aarch64-android' },
    },
    digests: { model: DIGEST, libraries: DIGEST, runtime: DIGEST },
    conditions: {},
    doubts: options.doubts ?? [],
    speeds: [
      {
        ...{ test: 'tg32', prompt_tokens: 0, generated_tokens: 32 },
        tokens_per_second: options.speeds ?? [50, 50.5, 49.5],
      },
    ],
    accuracy: {
      ...{ tokens: 256, perplexity: 2.6, reference_perplexity: 2.6 },
      ...{ kl_mean: options.kl ?? 1e-5, kl_max: 1e-4, top1_agreement: 1 },
    },
    context_bytes: options.bytes ?? 1_000_000,
  });
}

/** A record of a cell that failed. */
export const failed = (options: SampleOptions): FailedRecord =>
  named<FailedRecord>({
    ...base(options),
    outcome: 'failed',
    failure: { kind: 'device-unavailable', message: 'the phone went away' },
  });

/** So many nights of one cell whose speed is about 50, by the given relative differences. */
export const nights = (
  differences: readonly number[],
  options: Partial<SampleOptions> = {},
): MeasuredRecord[] =>
  differences.map((difference, index) =>
    measured({
      run: `2026-11-${String(index + 1).padStart(2, '0')}T02-00-00Z`,
      speeds: [0.995, 1, 1.005].map((share) => 50 * (1 + difference) * share),
      ...options,
    }),
  );
