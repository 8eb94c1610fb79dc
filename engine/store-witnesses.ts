import { basename, dirname, join } from 'node:path';
import type { ActionResult } from '../cache/action-cache.ts';
import { type Artifact, artifactDigests } from '../cache/artifact.ts';
import { blobPath, POOLS } from '../cache/blob-layout.ts';
import { settledStamp, stampOf } from '../cache/file-stamp.ts';
import { isSealed } from '../cache/seal-status.ts';
import type { BlobWitness, RecordCheck, Witness } from './build-record.ts';

/** The sizes of blobs, by their hashes. */
export type BlobSizes = Map<string, number>;

/** Which blobs lie together in a folder. */
export function shardName(hash: string): string {
  return hash.slice(0, 2);
}

/** The shard whose folder this is, whatever the pool. */
export function shardOfFolder(folder: string): string {
  return basename(folder);
}

/** The shards in which the outputs of a result lie, each once. */
export function shardsOf({ outputs }: ActionResult): readonly string[] {
  const digests = Object.values(outputs).flatMap(artifactDigests);
  return [...new Set(digests.map(({ hash }) => shardName(hash)))];
}

export function addSizes(artifacts: Iterable<Artifact>, sizes: BlobSizes): void {
  for (const artifact of artifacts) {
    for (const { hash, size } of artifactDigests(artifact)) sizes.set(hash, size);
  }
}

/** The folders of blobs; where one was written to just now, so that its times say little, its blobs themselves. */
export function storeWitnesses(cacheRoot: string, sizes: BlobSizes): Pick<RecordCheck, 'shards' | 'blobs'> {
  const shards: Witness[] = [];
  const changing = new Set<string>();
  for (const name of new Set([...sizes.keys()].map(shardName))) {
    for (const mode of POOLS) {
      const folder = dirname(blobPath(cacheRoot, name, mode));
      const stamp = settledStamp(folder);
      if (stamp === undefined && stampOf(folder) === undefined) continue;
      shards.push([folder, stamp ?? null]);
      if (stamp === undefined) changing.add(name);
    }
  }
  const blobs: BlobWitness[] = [];
  if (changing.size === 0) return { shards, blobs };
  for (const [hash, size] of sizes) {
    if (!changing.has(shardName(hash))) continue;
    const paths = POOLS.map((mode) => blobPath(cacheRoot, hash, mode));
    // One that is gone already is noted as well: the next build must not believe that it is there.
    blobs.push([paths.find((path) => isSealed(path, size)) ?? join(cacheRoot, hash), size]);
  }
  return { shards, blobs };
}
