import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isStamped, stampOf } from '../cache/file-stamp.ts';
import { type RecordCheck, recordFolder, type Witness } from './build-record.ts';

/** Whether everything that a record saw is as it was: then every action would be a hit. */
export function isUnchanged(check: RecordCheck): boolean {
  return (
    check.inputs.every(isWitnessed) &&
    check.published.every(isWitnessed) &&
    check.shards.every(isWitnessed) &&
    check.absent.every((path) => stampOf(path) === undefined)
  );
}

export function isWitnessed([path, stamp]: Witness): boolean {
  return stamp !== null && isStamped(path, stamp);
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Moves a record's time on, at most once an hour: collection takes what it names as used then, because an idle
 * build doesn't look at the results themselves.
 */
export function markRecordUsed(cacheRoot: string, check: RecordCheck): void {
  const path = join(recordFolder(cacheRoot, check.request), 'check.json');
  const now = Date.now();
  const [, written = 0] = stampOf(path) ?? [];
  if (now - written < HOUR_MS) return;
  try {
    utimesSync(path, now / 1000, now / 1000);
  } catch {
    // A store that cannot be written still serves.
  }
}
