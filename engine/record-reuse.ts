import { artifactDigests } from '../cache/artifact.ts';
import { blobPath, POOLS } from '../cache/blob-layout.ts';
import type { Digest } from '../cache/digest.ts';
import { isSealed } from '../cache/seal-status.ts';
import type { RecordLook } from './record-check.ts';
import type { ActionContent, RecordedActions } from './recorded-actions.ts';
import { shardOfFolder } from './store-witnesses.ts';

/**
 * The actions of a record, by their places, whose results still stand: every input looks as it did, every output is
 * still in the store, and the same is true of all the actions before them. The others have to be identified anew;
 * they may well turn out to be hits.
 */
export function standingActions(
  cacheRoot: string,
  look: RecordLook,
  recorded: RecordedActions,
): ReadonlySet<number> {
  const isWhole = (at: number): boolean => isInStore(cacheRoot, recorded.content(at));
  const untouched = untouchedShards(look);
  // A blob that was cut short leaves its folder as it is. That harms nobody before it is used.
  const spoilt = new Set<number>();
  for (;;) {
    const standing = standingBut(spoilt, look, recorded, (at) => {
      const shards = recorded.outlines[at]?.shards ?? [];
      return shards.every((shard) => untouched.has(shard)) || isWhole(at);
    });
    const found = usedActions(look, recorded, standing).filter((at) => !isWhole(at));
    if (found.length === 0) return standing;
    for (const at of found) spoilt.add(at);
  }
}

function standingBut(
  spoilt: ReadonlySet<number>,
  look: RecordLook,
  { outlines }: RecordedActions,
  isThere: (at: number) => boolean,
): ReadonlySet<number> {
  const standing = new Set<number>();
  for (const [at, { dependencies, inputs, absent }] of outlines.entries()) {
    const stands =
      !spoilt.has(at) &&
      dependencies.every((before) => standing.has(before)) &&
      !inputs.some((place) => look.inputs.has(place)) &&
      !absent.some((place) => look.appeared.has(place)) &&
      isThere(at);
    if (stands) standing.add(at);
  }
  return standing;
}

/** Standing actions whose outputs a build may read: for an action after them, or to put them under `out/`. */
export function usedActions(
  look: RecordLook,
  { outlines }: RecordedActions,
  standing: ReadonlySet<number>,
): readonly number[] {
  const used = new Set<number>();
  for (const [at, { dependencies, published }] of outlines.entries()) {
    if (standing.has(at)) {
      if (published.some((place) => look.published.has(place))) used.add(at);
    } else {
      for (const before of dependencies) if (standing.has(before)) used.add(before);
    }
  }
  return [...used];
}

function isInStore(cacheRoot: string, content: ActionContent | undefined): boolean {
  if (content === undefined) return false;
  const isThere = ({ hash, size }: Digest): boolean =>
    POOLS.some((mode) => isSealed(blobPath(cacheRoot, hash, mode), size));
  return Object.values(content.result.outputs).every((artifact) => artifactDigests(artifact).every(isThere));
}

/** The shards of the store in which nothing came or went, in any pool. */
function untouchedShards({ record, shards }: RecordLook): ReadonlySet<string> {
  const untouched = new Set<string>();
  const touched = new Set<string>();
  record.check.shards.forEach(([folder, stamp], at) => {
    (stamp === null || shards.has(at) ? touched : untouched).add(shardOfFolder(folder));
  });
  for (const name of touched) untouched.delete(name);
  return untouched;
}
