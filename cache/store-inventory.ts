import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../engine/result.ts';
import { ActionCache } from './action-cache.ts';
import { artifactDigests } from './artifact.ts';
import { damagedFolder, POOLS, poolPath } from './blob-layout.ts';
import { isHash } from './digest.ts';
import { Gate } from './gate.ts';
import { errorCode, storageFailure } from './storage-failure.ts';

/** A file of the store. */
export interface StoredFile {
  readonly path: string;
  /** What it takes of a disk, which gives space in blocks of 4 KiB. */
  readonly diskBytes: number;
  /** When its inode last changed, milliseconds since 1970: nobody can set it, and linking a file moves it on. */
  readonly changedMs: number;
}

export interface StoredBlob extends StoredFile {
  readonly hash: string;
}

export interface StoredResult extends StoredFile {
  /** The fingerprint's hash. */
  readonly fingerprint: string;
  /** When an action last used it, milliseconds since 1970, to the hour. */
  readonly usedMs: number;
  /** The hashes of the blobs of its outputs. */
  readonly outputs: readonly string[];
  /** The hash of its log. */
  readonly log: string;
}

export interface StoreInventory {
  readonly results: readonly StoredResult[];
  /** Entries that cannot be read as results: they count as absent. */
  readonly unreadable: readonly StoredFile[];
  readonly blobs: readonly StoredBlob[];
  /** What was moved aside. */
  readonly damaged: readonly StoredFile[];
}

const FILES_AT_A_TIME = 32;
const BLOCK_BYTES = 4096;

/** The space that a file of this size takes on a disk. */
export const onDisk = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;

/** The space of everything that counts for the limit. */
export function inventoryBytes({ results, unreadable, blobs, damaged }: StoreInventory): number {
  let sum = 0;
  for (const files of [results, unreadable, blobs, damaged]) for (const file of files) sum += file.diskBytes;
  return sum;
}

/**
 * Everything in the store that collection may remove. Results are read before blobs are listed: a result
 * whose blob is then not there has lost it. Fails with `storage-failed` when a folder cannot be listed.
 */
export async function takeInventory(root: string): Promise<Result<StoreInventory>> {
  try {
    const entries = await filesInShards(join(root, 'ac', 'sha256'));
    const read = await readResults(root, entries);
    const blobs: StoredBlob[] = [];
    for (const mode of POOLS) {
      for (const { file, name } of await filesInShards(poolPath(root, mode))) {
        if (isHash(name)) blobs.push({ ...file, hash: name });
      }
    }
    const damaged = (await filesIn(damagedFolder(root))).map(({ file }) => file);
    return ok({ ...read, blobs, damaged });
  } catch (error) {
    return fail(storageFailure(root, error));
  }
}

/** The same sum without reading the results: all that the running estimate needs. */
export async function measureStore(root: string): Promise<Result<number>> {
  try {
    const pools = [join(root, 'ac', 'sha256'), ...POOLS.map((mode) => poolPath(root, mode))];
    let sum = 0;
    for (const pool of pools) for (const { file } of await filesInShards(pool)) sum += file.diskBytes;
    for (const { file } of await filesIn(damagedFolder(root))) sum += file.diskBytes;
    return ok(sum);
  } catch (error) {
    return fail(storageFailure(root, error));
  }
}

interface NamedFile {
  readonly name: string;
  readonly file: StoredFile;
  readonly modifiedMs: number;
}

async function readResults(
  root: string,
  entries: readonly NamedFile[],
): Promise<Pick<StoreInventory, 'results' | 'unreadable'>> {
  const cache = new ActionCache(root);
  const results: StoredResult[] = [];
  const unreadable: StoredFile[] = [];
  const gate = new Gate(FILES_AT_A_TIME);
  const readOne = async ({ name, file, modifiedMs }: NamedFile): Promise<void> => {
    const fingerprint = name.replace(/\.json$/, '');
    const found = isHash(fingerprint) ? await cache.peek(fingerprint) : undefined;
    if (found === undefined) {
      unreadable.push(file);
      return;
    }
    const outputs = Object.values(found.outputs).flatMap((artifact) =>
      artifactDigests(artifact).map(({ hash }) => hash),
    );
    results.push({ ...file, fingerprint, usedMs: modifiedMs, outputs, log: found.log.hash });
  };
  await Promise.all(entries.map((entry) => gate.run(() => readOne(entry))));
  return { results, unreadable };
}

async function filesInShards(folder: string): Promise<NamedFile[]> {
  const shards = await Promise.all((await listed(folder)).map((shard) => filesIn(join(folder, shard))));
  return shards.flat();
}

const gate = new Gate(FILES_AT_A_TIME);

async function filesIn(folder: string): Promise<NamedFile[]> {
  const found = await Promise.all((await listed(folder)).map((name) => gate.run(() => named(folder, name))));
  return found.filter((one) => one !== undefined);
}

/** `undefined` for what is gone meanwhile, and for what is no file. */
async function named(folder: string, name: string): Promise<NamedFile | undefined> {
  const path = join(folder, name);
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined || !status.isFile()) return undefined;
  const file = { path, diskBytes: onDisk(status.size), changedMs: status.ctimeMs };
  return { name, file, modifiedMs: status.mtimeMs };
}

async function listed(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
