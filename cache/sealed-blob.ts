import { constants, lstatSync } from 'node:fs';
import { chmod, copyFile, type FileHandle, open, stat, utimes } from 'node:fs/promises';
import { type Digest, digestHandle, FileChangedError } from './digest.ts';
import { BIG_FILE_BYTES, digestBySize } from './hash-threads.ts';
import { SEALED_SECONDS } from './seal-status.ts';
import { errorCode } from './storage-failure.ts';

export type BlobMode = 0o444 | 0o555;

export type BlobState = 'absent' | 'sealed' | 'unsealed' | 'wrong-size';

/**
 * Hashes a file and seals it. The seal comes first: a write that slips in between
 * then breaks it. Rejects with `FileChangedError` or with node's error.
 */
export async function sealFile(path: string, mode: BlobMode): Promise<Digest> {
  const handle = await open(path, 'r');
  try {
    await handle.chmod(mode);
    await handle.utimes(SEALED_SECONDS, SEALED_SECONDS);
    const digest = await digestOpened(handle, path);
    if ((await handle.stat()).mtimeMs !== SEALED_SECONDS * 1000) throw new FileChangedError(path);
    return digest;
  } finally {
    await handle.close();
  }
}

/** Waits until the disk has a sealed file. Rejects with node's error. */
export async function syncSealed(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The digest of an open file, a big one by another thread, which opens it again by its path. */
async function digestOpened(handle: FileHandle, path: string): Promise<Digest> {
  const { size, ino, dev } = await handle.stat();
  if (size < BIG_FILE_BYTES) return digestHandle(handle, path);
  const digest = await digestBySize(path, size);
  const now = await stat(path);
  // Something else was put into the place: it is not known which of them was read.
  if (now.ino !== ino || now.dev !== dev) throw new FileChangedError(path);
  return digest;
}

/** What a look at the status says of the file that should hold a blob, without reading it. */
export async function blobState(path: string, digest: Digest): Promise<BlobState> {
  let status: Awaited<ReturnType<typeof stat>>;
  try {
    status = await stat(path);
  } catch {
    return 'absent';
  }
  if (!status.isFile()) return 'absent';
  if (status.size !== digest.size) return 'wrong-size';
  return status.mtimeMs === SEALED_SECONDS * 1000 ? 'sealed' : 'unsealed';
}

/** Whether two paths are hard links of one file. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Whether a file's content is what its digest says; where it is, a broken seal is renewed. Never rejects. */
export async function proveBlob(path: string, digest: Digest, mode: BlobMode): Promise<boolean> {
  try {
    if ((await digestBySize(path, digest.size)).hash !== digest.hash) return false;
  } catch {
    return false;
  }
  try {
    await chmod(path, mode);
    await utimes(path, SEALED_SECONDS, SEALED_SECONDS);
  } catch {
    // A store that cannot be written still serves; it is only slower, since this proof is made each time.
  }
  return true;
}

/** Copies a blob to a new file, sharing the disk's blocks where the file system can. Rejects with node's error. */
export async function copyBlob(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
}

/** Writes bytes to a new, sealed file. Rejects with node's error. */
export async function writeSealed(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.chmod(0o444);
    await handle.utimes(SEALED_SECONDS, SEALED_SECONDS);
  } finally {
    await handle.close();
  }
}

/** Moves a blob's change time, so that it isn't collected before its new use is on record. False: it is gone. */
export async function touchBlob(path: string, mode: BlobMode): Promise<boolean> {
  try {
    await chmod(path, mode);
    return true;
  } catch (error) {
    // In a store that cannot be written nothing is collected either.
    return errorCode(error) !== 'ENOENT';
  }
}
