import type { Evaluation } from '../tasks/benchmark/benchmark-result.ts';

/** The version of this schema. It goes up when a field is taken away or changes its meaning. */
export const RECORD_VERSION = 1;

/** One test of speed: a prompt of so many tokens that was read, or so many tokens that were written one by one. */
export interface SpeedRecord {
  /** `pp64`, `tg32`. */
  readonly test: string;
  readonly prompt_tokens: number;
  readonly generated_tokens: number;
  /** Of each repetition, in order; what was run to warm up is not among them. */
  readonly tokens_per_second: readonly number[];
}

/** How what comes out, token by token, compares with the fp32 reference. */
export type AccuracyRecord = Omit<Evaluation, 'prefill' | 'batch'>;

/** On what it ran. */
export interface DeviceRecord {
  readonly kind: string;
  readonly serial: string;
  readonly soc: string;
  readonly model: string;
  readonly operating_system: string;
  readonly target: string;
  /** The machine whose times an emulator's are: its CPU and how many cores. */
  readonly host?: string;
}

/** SHA-256 of what was on the device. */
export interface DigestRecord {
  /** Of the contexts and tables together. */
  readonly model: string;
  /** Of the QNN libraries together. */
  readonly libraries: string;
  /** Of `rwkv-run`. */
  readonly runtime: string;
}

/** What the device was like meanwhile, as far as it tells. */
export interface ConditionRecord {
  /** Degrees Celsius of the hottest zone, at the beginning and at the end. */
  readonly temperature_before?: number;
  readonly temperature_after?: number;
  /** 0 to 100. */
  readonly battery_percent?: number;
  readonly charging?: boolean;
}

interface RecordBase {
  readonly schema: typeof RECORD_VERSION;
  /** Of everything else in the record: the same in every history that has it. */
  readonly id: string;
  /** When it ended; ISO 8601 in UTC. */
  readonly time: string;
  /** Which run of the matrix it belongs to. */
  readonly run: string;
  readonly matrix: string;
  /** The values of the matrix's parameters. */
  readonly cell: Readonly<Record<string, string>>;
  /** Of the repository that the pipeline is in; `-dirty` behind it when something was not committed. */
  readonly commit?: string;
  /** Of rwkv-build. */
  readonly version: string;
}

/** A cell that was measured. */
export interface MeasuredRecord extends RecordBase {
  readonly outcome: 'measured';
  /** Programs ran on an emulation of the HTP: accuracy counts, times are of this machine and of no phone. */
  readonly emulated: boolean;
  readonly device: DeviceRecord;
  readonly digests: DigestRecord;
  readonly conditions: ConditionRecord;
  /** Why its speeds are not to be compared, such as throttling; none: they are. */
  readonly doubts: readonly string[];
  readonly speeds: readonly SpeedRecord[];
  readonly accuracy: AccuracyRecord;
  /** Bytes of all contexts. */
  readonly context_bytes: number;
}

/** A cell that could not be built or run. */
export interface FailedRecord extends RecordBase {
  readonly outcome: 'failed';
  readonly failure: { readonly kind: string; readonly message: string; readonly hint?: string };
}

/** One cell of a matrix on one day: a line of a history. */
export type RunRecord = MeasuredRecord | FailedRecord;

const NUMBER = { type: 'number' } as const;
const TEXT = { type: 'string' } as const;
const DIGEST = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;

/** An object with these fields; of those whose name ends in `?` there may be none. */
function fields(described: Readonly<Record<string, object>>): object {
  const names = Object.keys(described);
  const properties = names.map((name) => [name.replace('?', ''), described[name]]);
  return {
    type: 'object',
    // New fields come without a new version, so what is not known is let through.
    properties: Object.fromEntries(properties),
    required: names.filter((name) => !name.endsWith('?')),
  };
}

const BASE = {
  schema: { const: RECORD_VERSION },
  id: DIGEST,
  time: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z$' },
  run: TEXT,
  matrix: TEXT,
  cell: { type: 'object', additionalProperties: TEXT },
  'commit?': TEXT,
  version: TEXT,
} as const;

/** The JSON schema (draft-07) of a line of a history. */
export const RECORD_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A line of a benchmark history of rwkv-build',
  oneOf: [
    fields({
      ...BASE,
      outcome: { const: 'measured' },
      emulated: { type: 'boolean' },
      device: fields({
        ...{ kind: TEXT, serial: TEXT, soc: TEXT, model: TEXT, operating_system: TEXT, target: TEXT },
        'host?': TEXT,
      }),
      digests: fields({ model: DIGEST, libraries: DIGEST, runtime: DIGEST }),
      conditions: fields({
        ...{ 'temperature_before?': NUMBER, 'temperature_after?': NUMBER, 'battery_percent?': NUMBER },
        'charging?': { type: 'boolean' },
      }),
      doubts: { type: 'array', items: TEXT },
      speeds: {
        type: 'array',
        items: fields({
          ...{ test: TEXT, prompt_tokens: NUMBER, generated_tokens: NUMBER },
          tokens_per_second: { type: 'array', minItems: 1, items: { type: 'number', exclusiveMinimum: 0 } },
        }),
      },
      accuracy: fields({
        ...{ tokens: NUMBER, perplexity: NUMBER, reference_perplexity: NUMBER },
        ...{ kl_mean: NUMBER, kl_max: NUMBER, top1_agreement: NUMBER },
      }),
      context_bytes: NUMBER,
    }),
    fields({
      ...BASE,
      outcome: { const: 'failed' },
      failure: fields({ kind: TEXT, message: TEXT, 'hint?': TEXT }),
    }),
  ],
} as const;
