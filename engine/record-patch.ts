import type { FileStamp } from '../cache/file-stamp.ts';
import type { BlobWitness, RecordCheck, Witness } from './build-record.ts';
import type { ArtifactPublished } from './event.ts';
import type { RecordedAction } from './recorded-actions.ts';

/** Something that stands in a list of a record at a place, in the stead of what stood there. */
export type Placed<T> = readonly [place: number, value: T];

/**
 * What builds have found since a record was written, laid over both of its files: a change of one action in a
 * thousand writes a few lines, not the whole record. It holds all that differs from the record.
 */
export interface RecordPatch {
  /** Of the record that it belongs to. */
  readonly id: string;
  readonly inputs: readonly Placed<FileStamp | null>[];
  readonly published: readonly Placed<FileStamp | null>[];
  /** Folders that the record has with another stamp or not at all. */
  readonly shards: readonly Witness[];
  /** All of them, in the stead of the record's. */
  readonly blobs: readonly BlobWitness[];
  readonly actions: readonly Placed<RecordedAction>[];
  readonly artifacts: readonly Placed<ArtifactPublished>[];
}

/** Nothing has changed since the record was written. */
export function emptyPatch({ id, blobs }: Pick<RecordCheck, 'id' | 'blobs'>): RecordPatch {
  return { id, inputs: [], published: [], shards: [], blobs, actions: [], artifacts: [] };
}

export function patchedCheck(check: RecordCheck, patch: RecordPatch): RecordCheck {
  const shown = patch.artifacts.filter(([place]) => place < check.artifacts.length);
  return {
    ...check,
    inputs: restamped(check.inputs, patch.inputs),
    published: restamped(check.published, patch.published),
    shards: [...new Map([...check.shards, ...patch.shards])],
    blobs: patch.blobs,
    artifacts: replaced(check.artifacts, shown),
  };
}

/** What both say; where both speak of the same thing, `later` counts. */
export function mergedPatch(earlier: RecordPatch, later: RecordPatch): RecordPatch {
  return {
    id: later.id,
    inputs: merged(earlier.inputs, later.inputs),
    published: merged(earlier.published, later.published),
    shards: merged(earlier.shards, later.shards),
    blobs: later.blobs,
    actions: merged(earlier.actions, later.actions),
    artifacts: merged(earlier.artifacts, later.artifacts),
  };
}

function merged<Key, T>(
  earlier: readonly (readonly [Key, T])[],
  later: readonly (readonly [Key, T])[],
): (readonly [Key, T])[] {
  return [...new Map([...earlier, ...later])];
}

/** A list with other values at some places. */
export function replaced<T>(list: readonly T[], patch: readonly Placed<T>[]): readonly T[] {
  if (patch.length === 0) return list;
  const copy = [...list];
  for (const [place, value] of patch) copy[place] = value;
  return copy;
}

function restamped(list: readonly Witness[], patch: readonly Placed<FileStamp | null>[]): readonly Witness[] {
  return replaced(
    list,
    patch.map(([place, stamp]) => [place, [list[place]?.[0] ?? '', stamp]]),
  );
}
