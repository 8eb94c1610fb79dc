import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../engine/result.ts';
import { errorCode, storageFailure } from './storage-failure.ts';

export { storageFailure } from './storage-failure.ts';

/**
 * Writes a whole file so that a reader, or a power cut, sees the old content or the new and nothing between.
 * Folders above it are made. Fails with `storage-failed`; the old content is then untouched.
 */
export async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<Result<void>> {
  const temporary = temporaryBeside(path);
  try {
    await makeFolder(dirname(path));
    await writeDurably(temporary, bytes, 0o644);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return ok(undefined);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return fail(storageFailure(path, error));
  }
}

/**
 * Writes a whole file so that a reader sees the old content or the new, and a killed process leaves the old one.
 * Nothing is flushed: after a power cut the file may hold anything, which its reader must be able to tell.
 * A long text may come in parts. Fails with `storage-failed`.
 */
export function replaceFile(path: string, text: string | Iterable<string>): Result<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = openNew(temporary);
    try {
      for (const part of typeof text === 'string' ? [text] : text) writeFileSync(file, part);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    return ok(undefined);
  } catch (error) {
    removeQuietly(temporary);
    return fail(storageFailure(path, error));
  }
}

/** A new file to write to; folders above it are made. */
function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'wx');
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What went wrong before is what has to be told.
  }
}

/** A name that nobody else uses, in the same folder and so on the same file system. */
export function temporaryBeside(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.tmp`;
}

/** Writes a new file and waits until the disk has it. Rejects with node's error, also when the file exists. */
export async function writeDurably(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it; a new one is as safe from a power cut as what will lie in it. */
export async function makeFolder(folder: string): Promise<void> {
  const topmost = await mkdir(folder, { recursive: true });
  if (topmost !== undefined) await syncFolder(dirname(topmost));
}

/** Waits until the disk knows the names in a folder: a renamed file is only then safe from a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot sync a folder (network, FUSE) and there is nothing else to try.
    const code = errorCode(error);
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EBADF') throw error;
  } finally {
    await handle.close();
  }
}
