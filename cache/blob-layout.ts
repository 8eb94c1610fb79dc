import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BlobMode } from './sealed-blob.ts';

/**
 * The two pools of blobs. A hard link shares its mode with the blob, so one inode cannot be both an executable
 * and a plain file. An executable therefore lives in a pool of its own; content that is wanted both ways, which
 * is rare and small, lies in both.
 */
export const POOLS: readonly BlobMode[] = [0o444, 0o555];

export function blobMode(executable: boolean): BlobMode {
  return executable ? 0o555 : 0o444;
}

/** `cas/sha256/ab/<hash>`, for an executable `cas/sha256-x/ab/<hash>`, below the store's root. */
export function blobPath(root: string, hash: string, mode: BlobMode): string {
  return join(poolPath(root, mode), hash.slice(0, 2), hash);
}

export function poolPath(root: string, mode: BlobMode): string {
  return join(root, 'cas', mode === 0o555 ? 'sha256-x' : 'sha256');
}

/** A new name for something that lay in the place of a blob and isn't one; kept to find out what happened. */
export function damagedPath(root: string, name: string): string {
  return join(damagedFolder(root), `${name}.${randomBytes(4).toString('hex')}`);
}

export function damagedFolder(root: string): string {
  return join(root, 'cas', 'damaged');
}
