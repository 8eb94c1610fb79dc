import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What names a sequence of bytes: REAPI's `Digest`. */
export interface Digest {
  /** SHA-256, 64 lower-case hexadecimal digits. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

/** Larger reads gain nothing, smaller ones pay for more trips through the thread pool. */
const READ_BYTES = 4 * 1024 * 1024;

/** The file was written to between the first and the last byte that was read, so no digest describes it. */
export class FileChangedError extends Error {
  readonly path: string;

  constructor(path: string) {
    super(`${path} changed while it was read`);
    this.name = 'FileChangedError';
    this.path = path;
  }
}

/** The digest of bytes in memory. */
export function digestBytes(bytes: Uint8Array): Digest {
  return { hash: createHash('sha256').update(bytes).digest('hex'), size: bytes.byteLength };
}

/** The digest of no bytes: an empty file, and REAPI's empty Directory. */
export const EMPTY_DIGEST: Digest = digestBytes(new Uint8Array(0));

/** Whether a value read from outside has the form of a digest. */
export function isDigest(value: unknown): value is Digest {
  if (typeof value !== 'object' || value === null) return false;
  const { hash, size } = value as { hash?: unknown; size?: unknown };
  return isHash(hash) && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
}

/** Whether a value is a SHA-256 as it is written in names of blobs. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/**
 * The digest of a file's content, read in pieces so that its size doesn't matter.
 * Rejects with `FileChangedError` when the file changed under the reading, and with node's error (`code`) when
 * it cannot be read.
 */
export async function digestFile(path: string): Promise<Digest> {
  const handle = await open(path, 'r');
  try {
    return await digestHandle(handle, path);
  } finally {
    await handle.close();
  }
}

/** `digestFile` of a file that is already open; `path` is only for the error. */
export async function digestHandle(handle: FileHandle, path: string): Promise<Digest> {
  const before = await handle.stat({ bigint: true });
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Number(before.size) + 1));
  const sum = createHash('sha256');
  let size = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, size);
    if (bytesRead === 0) break;
    sum.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  checkUnchanged(path, before, await handle.stat({ bigint: true }), size);
  return { hash: sum.digest('hex'), size };
}

/**
 * `digestFile` for a thread that does nothing else: without handing each piece from one thread to another, it takes
 * a fifth less time. Throws what that rejects with.
 */
export function digestFileBlocking(path: string): Digest {
  const file = openSync(path, 'r');
  try {
    const before = fstatSync(file, { bigint: true });
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Number(before.size) + 1));
    const sum = createHash('sha256');
    let size = 0;
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      sum.update(buffer.subarray(0, read));
      size += read;
    }
    checkUnchanged(path, before, fstatSync(file, { bigint: true }), size);
    return { hash: sum.digest('hex'), size };
  } finally {
    closeSync(file);
  }
}

/** Throws `FileChangedError`, unless a file looked the same before and after `size` bytes of it were read. */
function checkUnchanged(path: string, before: BigIntStats, after: BigIntStats, size: number): void {
  // Not ctime: a hard link made meanwhile changes it and no byte of the content.
  if (BigInt(size) !== before.size || after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw new FileChangedError(path);
  }
}
