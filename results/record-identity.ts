import { createHash } from 'node:crypto';
import type { MeasuredRecord, RunRecord } from './run-record.ts';

/** A record without the id that is made of it. */
export type Unnamed<Kind extends RunRecord> = Omit<Kind, 'id'>;

/** Gives a record its id: the SHA-256 of its JSON with sorted keys. */
export function named<Kind extends RunRecord>(record: Unnamed<Kind>): Kind {
  const id = createHash('sha256').update(canonicalJson(record)).digest('hex');
  return { ...record, id } as Kind;
}

/** JSON in which every object's keys are sorted: the same text for the same value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  const sorted = entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`).join(',')}}`;
}

/** A cell in words: `rwkv7-austen · fp16 · SM8650 · 2`. */
export const cellText = (cell: RunRecord['cell']): string => Object.values(cell).join(' · ');

/** What two records must have in common for their accuracies and sizes to be comparable. */
export const cellKey = ({ matrix, cell }: RunRecord): string => canonicalJson([matrix, cell]);

/** What their speeds must have in common as well: the kind of device. */
export function deviceKey({ device, emulated }: MeasuredRecord): string {
  const { kind, soc, model, target, host } = device;
  return canonicalJson([kind, soc, model, target, host ?? '', emulated]);
}
