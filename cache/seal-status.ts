import { statSync } from 'node:fs';

/*
 * A sealed file is one that the store vouches for: read-only, and with one fixed modification time. Whoever
 * writes to it afterwards, through a hard link or as root (whom no mode stops), moves that time, and a look at
 * the file's status tells. Bit rot doesn't move it: a blob is also read once before it is used (`blob-proofs.ts`).
 */
export const SEALED_SECONDS = 1_000_000_000;

/** Whether a sealed file of this size is at a path. Synchronous: it is asked of thousands at once. */
export function isSealed(path: string, size: number): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size === size && status.mtimeMs === SEALED_SECONDS * 1000;
}
