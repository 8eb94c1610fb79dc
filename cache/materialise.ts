import { chmod, link, mkdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../engine/result.ts';
import type { Artifact } from './artifact.ts';
import { temporaryBeside } from './atomic-write.ts';
import { blobMode } from './blob-layout.ts';
import { Gate } from './gate.ts';
import type { TreeFile } from './input-tree.ts';
import { SEALED_SECONDS } from './seal-status.ts';
import { copyBlob } from './sealed-blob.ts';
import { errorCode, storageFailure } from './storage-failure.ts';

/**
 * `link`: hard links to the store's read-only blobs, in no time. `copy`: files of the user's own, writable. Neither
 * waits for the disk: what is in the store can be had from there again.
 */
export type MaterialiseMode = 'link' | 'copy';

/** Finds a file's blob; `link` needs one whose mode is right. */
export type BlobSource = (file: Omit<TreeFile, 'path'>, mode: MaterialiseMode) => Promise<Result<FoundBlob>>;

export interface FoundBlob {
  readonly path: string;
  /** Reads it, once: a look at its status doesn't show every damage. Fails with `store-corrupt`. */
  readonly prove: () => Promise<Result<void>>;
}

/** More at once don't make a disk faster. */
const FILES_AT_A_TIME = 8;
/** What `link` answers where hard links cannot be had: another disk, too many of them, a file system without. */
const NO_LINK = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);
/** What `rename` answers when something of the other type, or a folder with content, is in the place. */
const IN_THE_WAY = new Set(['ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR']);

/**
 * Makes an artifact appear at a path, in place of whatever is there. It is built beside the path and renamed,
 * so that nothing half-made is ever seen under its name. Fails with `storage-failed`, or as `source` does.
 */
export async function materialise(
  artifact: Artifact,
  at: string,
  mode: MaterialiseMode,
  source: BlobSource,
): Promise<Result<void>> {
  const temporary = temporaryBeside(at);
  try {
    await mkdir(dirname(at), { recursive: true });
    const placed =
      artifact.type === 'file'
        ? await placeFile(artifact, temporary, mode, source)
        : await placeFolder(artifact.files, temporary, mode, source);
    if (!placed.ok) return placed;
    await moveInto(temporary, at);
    return ok(undefined);
  } catch (error) {
    return fail(storageFailure(at, error));
  } finally {
    // Also after success: renaming one hard link over another of the same file leaves both.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function placeFolder(
  files: readonly TreeFile[],
  at: string,
  mode: MaterialiseMode,
  source: BlobSource,
): Promise<Result<void>> {
  await mkdir(at);
  for (const folder of new Set(files.map((file) => dirname(file.path)))) {
    await mkdir(join(at, folder), { recursive: true });
  }
  const gate = new Gate(FILES_AT_A_TIME);
  // All of them end before this does: the folder must not be removed under those that are still at work.
  const placed = await Promise.allSettled(
    files.map((file) => gate.run(() => placeFile(file, join(at, file.path), mode, source))),
  );
  for (const outcome of placed) {
    if (outcome.status === 'rejected') throw outcome.reason;
    if (!outcome.value.ok) return outcome.value;
  }
  return ok(undefined);
}

async function placeFile(
  file: Omit<TreeFile, 'path'>,
  at: string,
  mode: MaterialiseMode,
  source: BlobSource,
): Promise<Result<void>> {
  const blob = await source(file, mode);
  if (!blob.ok) return blob;
  const { path, prove } = blob.value;
  if (mode === 'link') {
    const whole = await prove();
    if (whole.ok) await linkOrCopy(path, at, file.executable);
    return whole;
  }
  // What cannot be read fails as itself, rather than by the copy; both end before this does.
  const [copied, whole] = await Promise.allSettled([copyBlob(path, at), prove()]);
  if (whole.status === 'rejected') throw whole.reason;
  if (!whole.value.ok) return whole.value;
  if (copied.status === 'rejected') throw copied.reason;
  await chmod(at, file.executable ? 0o755 : 0o644);
  return ok(undefined);
}

/** A file's blob as a hard link in a new place, or as a copy where links cannot be had. Rejects with node's error. */
export async function linkOrCopy(blob: string, at: string, executable: boolean): Promise<void> {
  try {
    await link(blob, at);
  } catch (error) {
    if (!NO_LINK.has(errorCode(error) ?? '')) throw error;
    await copyBlob(blob, at);
    // As a link would be, so that a command behaves the same on every file system, and a write to it shows.
    await chmod(at, blobMode(executable));
    await utimes(at, SEALED_SECONDS, SEALED_SECONDS);
  }
}

async function moveInto(temporary: string, at: string): Promise<void> {
  try {
    await rename(temporary, at);
    return;
  } catch (error) {
    if (!IN_THE_WAY.has(errorCode(error) ?? '')) throw error;
  }
  const aside = temporaryBeside(at);
  await rename(at, aside);
  await rename(temporary, at);
  await rm(aside, { recursive: true, force: true });
}
