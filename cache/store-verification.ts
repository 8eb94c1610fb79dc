import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../engine/result.ts';
import { damagedPath, POOLS, poolPath } from './blob-layout.ts';
import { isHash } from './digest.ts';
import { Gate } from './gate.ts';
import { type BlobMode, proveBlob } from './sealed-blob.ts';
import { errorCode, storageFailure } from './storage-failure.ts';

/** Big blobs are hashed by a thread each; the others are read while those work. */
const BLOBS_AT_A_TIME = 4;

export interface DamagedBlob {
  /** Where it lay. */
  readonly path: string;
  /** Where it lies now; absent when it could not be moved, because the store is read-only. */
  readonly movedTo?: string;
}

export interface VerificationReport {
  readonly checked: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedBlob[];
}

/**
 * Reads every blob again and moves aside each one that isn't what its name says. What needs such a blob is
 * afterwards built anew. `progress` gets the bytes read so far. Fails with `storage-failed` when a folder of
 * the store cannot be listed.
 */
export async function verifyBlobs(
  root: string,
  progress: (bytes: number) => void,
): Promise<Result<VerificationReport>> {
  const places = await placesOf(root);
  if (!places.ok) return places;
  let bytes = 0;
  const damaged: DamagedBlob[] = [];
  const check = async (place: Place): Promise<void> => {
    const size = await provenSize(place);
    if (size === undefined) damaged.push(await moveAside(root, place.path));
    else bytes += size;
    progress(bytes);
  };
  const gate = new Gate(BLOBS_AT_A_TIME);
  await Promise.all(places.value.map((place) => gate.run(() => check(place))));
  return ok({ checked: places.value.length, bytes, damaged });
}

/** Where a blob should lie. */
interface Place {
  readonly path: string;
  readonly shard: string;
  readonly name: string;
  readonly mode: BlobMode;
}

async function placesOf(root: string): Promise<Result<readonly Place[]>> {
  const places: Place[] = [];
  for (const mode of POOLS) {
    const pool = poolPath(root, mode);
    try {
      for (const shard of await listed(pool)) {
        for (const name of await listed(join(pool, shard))) {
          places.push({ path: join(pool, shard, name), shard, name, mode });
        }
      }
    } catch (error) {
      return fail(storageFailure(pool, error));
    }
  }
  return ok(places);
}

/** Moves what isn't a blob out of a blob's place, so that it counts as absent. Never rejects. */
export async function moveAside(root: string, path: string): Promise<DamagedBlob> {
  const movedTo = damagedPath(root, path.slice(dirname(path).length + 1));
  try {
    await mkdir(dirname(movedTo), { recursive: true });
    await rename(path, movedTo);
    return { path, movedTo };
  } catch {
    return { path };
  }
}

async function listed(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The size of the blob, `undefined` when it isn't a blob or another one than its name says. */
async function provenSize({ path, shard, name, mode }: Place): Promise<number | undefined> {
  if (!isHash(name) || !name.startsWith(shard) || shard.length !== 2) return undefined;
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined || !status.isFile()) return undefined;
  const { size } = status;
  return (await proveBlob(path, { hash: name, size }, mode)) ? size : undefined;
}
