import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isStamped, stampOf } from '../cache/file-stamp.ts';
import { isSealed } from '../cache/seal-status.ts';
import { type OpenRecord, type RecordCheck, recordFolder, type Witness } from './build-record.ts';
import { holdsUnfinished } from './unfinished-folder.ts';

/** What a look at everything that a record saw has found: the places in its lists where something changed. */
export interface RecordLook {
  readonly record: OpenRecord;
  readonly inputs: ReadonlySet<number>;
  readonly published: ReadonlySet<number>;
  /** Where something is now that was absent. */
  readonly appeared: ReadonlySet<number>;
  /** Whether a build, running or killed, has left something half-made under `out/`. */
  readonly holdsUnfinished: boolean;
  /** Folders of the store in which something came or went. */
  readonly shards: ReadonlySet<number>;
  /** Results that are no longer in folders which were changing already. */
  readonly blobs: ReadonlySet<number>;
}

/** Undefined where the pipeline file is another: then nothing of the record holds. */
export function lookAgain(record: OpenRecord): RecordLook | undefined {
  const { check } = record;
  const [pipeline] = check.inputs;
  if (pipeline === undefined || !isWitnessed(pipeline)) return undefined;
  return {
    record,
    inputs: places(check.inputs, isWitnessed),
    published: places(check.published, isWitnessed),
    appeared: places(check.absent, (path) => stampOf(path) === undefined),
    holdsUnfinished: holdsUnfinished(join(check.folder, 'out')),
    shards: places(check.shards, ([path, stamp]) => stamp === null || isStamped(path, stamp)),
    blobs: places(check.blobs, ([path, size]) => isSealed(path, size)),
  };
}

/** Whether everything is as it was: then every action would be a hit. */
export function isUnchanged(look: RecordLook): boolean {
  const changed = [look.inputs, look.published, look.appeared, look.shards, look.blobs];
  return !look.holdsUnfinished && changed.every((places) => places.size === 0);
}

function places<T>(list: readonly T[], isRight: (one: T) => boolean): ReadonlySet<number> {
  const wrong = new Set<number>();
  list.forEach((one, at) => {
    if (!isRight(one)) wrong.add(at);
  });
  return wrong;
}

function isWitnessed([path, stamp]: Witness): boolean {
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
