import { copyFile, lstat, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { type Artifact, type DirectoryArtifact, directoryArtifact, type FileArtifact } from './artifact.ts';
import { makeFolder } from './atomic-write.ts';
import { blobMode, blobPath, POOLS } from './blob-layout.ts';
import { BlobSearch } from './blob-search.ts';
import { type Digest, digestBytes, FileChangedError } from './digest.ts';
import { filesBelow, refusal } from './folder-walk.ts';
import { Gate } from './gate.ts';
import type { TreeFile } from './input-tree.ts';
import { type BlobSource, linkOrCopy, type MaterialiseMode, materialise } from './materialise.ts';
import { isSealed } from './seal-status.ts';
import {
  type BlobMode,
  copyBlob,
  isSameFile,
  sealFile,
  syncSealed,
  touchBlob,
  writeSealed,
} from './sealed-blob.ts';
import { errorCode, storageFailure } from './storage-failure.ts';
import { moveAside, type VerificationReport, verifyBlobs } from './store-verification.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** The blob that a file is another hard link to, as far as is known, by the file's inode. */
export type KnownLinks = (status: {
  readonly dev: number;
  readonly ino: number;
}) => Omit<TreeFile, 'path'> | undefined;

export type { MaterialiseMode } from './materialise.ts';
export type { DamagedBlob, VerificationReport } from './store-verification.ts';

const FILES_AT_A_TIME = 8;
/** As many as node's threads can wait for while others of them still work. */
const FLUSHES_AT_A_TIME = 8;

/**
 * Blobs by their digest, in files that are read-only and never change: `cas/` below the store's root. A blob
 * is there whole or not at all, whoever is killed when; many processes may use one store at the same time.
 */
export class BlobStore {
  readonly root: string;
  readonly #temporary: TemporaryFolder;
  /** What this object placed and the disk may not have yet. */
  #unsynced = new Set<string>();
  readonly #search: BlobSearch;

  constructor(root: string) {
    this.root = root;
    this.#temporary = new TemporaryFolder(join(root, 'tmp'));
    this.#search = new BlobSearch(root);
  }

  /**
   * Waits until the disk has every blob that was stored so far. Storing doesn't wait: one flush of several blobs
   * costs little more than that of one. What names a blob for good must be written after this. Fails with
   * `storage-failed`.
   */
  async flush(): Promise<Result<void>> {
    const paths = this.#unsynced;
    this.#unsynced = new Set();
    const gate = new Gate(FLUSHES_AT_A_TIME);
    const flushed = await Promise.allSettled([...paths].map((path) => gate.run(() => syncSealed(path))));
    for (const [at, outcome] of flushed.entries()) {
      // One that was collected or moved aside meanwhile names no bytes that could be lost.
      if (outcome.status === 'fulfilled' || errorCode(outcome.reason) === 'ENOENT') continue;
      return fail(storageFailure([...paths][at] ?? this.root, outcome.reason));
    }
    return ok(undefined);
  }

  /** Whether a blob is there, by a look at its status: a wrong size, or a write since it came, is noticed. */
  async has(digest: Digest): Promise<boolean> {
    return (await this.#search.find(digest, POOLS)) !== undefined;
  }

  /** Whether every blob of an artifact is there. */
  async contains(artifact: Artifact): Promise<boolean> {
    if (artifact.type === 'file') return this.has(artifact.digest);
    const gate = new Gate(FILES_AT_A_TIME);
    const found = await Promise.all(artifact.files.map((file) => gate.run(() => this.has(file.digest))));
    return found.every((there) => there);
  }

  /** Stores bytes. Fails with `storage-failed`. */
  async putBytes(bytes: Uint8Array): Promise<Result<Digest>> {
    const digest = digestBytes(bytes);
    const there = await this.#search.find(digest, [0o444]);
    if (there !== undefined && (await touchBlob(there, 0o444))) return ok(digest);
    return this.#inTemporary(async (path) => {
      await writeSealed(path, bytes);
      await this.#place(path, digest, 0o444);
      return ok(digest);
    });
  }

  /**
   * Takes a file into the store: it is moved, not copied, and gone from `path` afterwards, unless it has other
   * hard links or lies on another file system. A link to one of the store's own blobs, of those in `links`, is that
   * blob. Fails with `invalid-value` (not a file), `input-changed` (something still writes to it) or
   * `storage-failed`.
   */
  async adoptFile(path: string, links?: KnownLinks): Promise<Result<FileArtifact>> {
    try {
      const status = await lstat(path);
      if (!status.isFile()) return fail(refusal(path, 'it is not a file'));
      const executable = (status.mode & 0o100) !== 0;
      const mode = blobMode(executable);
      if (status.nlink === 1) {
        const digest = await sealFile(path, mode);
        // Also where the blob is there already: it may be about to be collected, or have rotted without a trace.
        if (!(await this.#moved(path, digest, mode))) return this.#adoptCopy(path, executable);
        return ok({ type: 'file', digest, executable });
      }
      const linked = links?.(status);
      if (linked !== undefined && this.isLinkedAt(linked, path) && (await this.#touched(linked)))
        return ok({ type: 'file', digest: linked.digest, executable: linked.executable });
      // Somebody could write to the blob through the other link; the mode would change for it as well.
      return this.#adoptCopy(path, executable);
    } catch (error) {
      return fail(adoptionFailure(path, error));
    }
  }

  /**
   * Takes a folder's files into the store; empty folders don't count. Nothing is moved when any of it is
   * refused. Fails as `adoptFile`; symbolic links and special files inside are `invalid-value`.
   */
  async adoptDirectory(path: string, links?: KnownLinks): Promise<Result<DirectoryArtifact>> {
    const names = await filesBelow(path);
    if (!names.ok) return names;
    const gate = new Gate(FILES_AT_A_TIME);
    const adopted = await Promise.all(
      names.value.map((name) =>
        gate.run(async () => ({ name, file: await this.adoptFile(join(path, name), links) })),
      ),
    );
    const files: TreeFile[] = [];
    for (const { name, file } of adopted) {
      if (!file.ok) return file;
      files.push({ path: name, digest: file.value.digest, executable: file.value.executable });
    }
    return ok(directoryArtifact(files));
  }

  /**
   * Makes an artifact appear at a path, in place of whatever is there; folders above are made. `link` gives
   * read-only hard links (copies where links cannot be had), `copy` writable files (0644, 0755) that share no
   * inode with the store. Fails with `store-corrupt` when a blob is missing, or `storage-failed`.
   */
  async materialise(artifact: Artifact, at: string, mode: MaterialiseMode): Promise<Result<void>> {
    return materialise(artifact, at, mode, this.#source);
  }

  /**
   * Links a file's blob, read-only, to a path where nothing is and that nobody else sees: for a command's inputs,
   * of which there may be many. Fails as `materialise`.
   */
  async link(file: Omit<TreeFile, 'path'>, at: string): Promise<Result<void>> {
    const blob = await this.#source(file, 'link');
    if (!blob.ok) return blob;
    const whole = await blob.value.prove();
    if (!whole.ok) return whole;
    try {
      await linkOrCopy(blob.value.path, at, file.executable);
      return ok(undefined);
    } catch (error) {
      return fail(storageFailure(at, error));
    }
  }

  /** Whether the file at a path is a hard link to the blob, and the blob unharmed as far as its status tells. */
  isLinkedAt({ digest, executable }: Omit<TreeFile, 'path'>, path: string): boolean {
    const blob = blobPath(this.root, digest.hash, blobMode(executable));
    return isSealed(blob, digest.size) && isSameFile(blob, path);
  }

  /** Reads a blob that will be linked, once, so that several can be read at the same time. Fails as `link`. */
  async prove(file: Omit<TreeFile, 'path'>): Promise<Result<void>> {
    const blob = await this.#source(file, 'link');
    return blob.ok ? blob.value.prove() : blob;
  }

  /** The bytes of a blob, checked. Fails with `store-corrupt` when it is missing or damaged. */
  async read(digest: Digest): Promise<Result<Buffer>> {
    const path = await this.#search.find(digest, POOLS);
    if (path === undefined) return fail(this.#search.missing(digest));
    try {
      const bytes = await readFile(path);
      if (digestBytes(bytes).hash === digest.hash) return ok(bytes);
    } catch (error) {
      return fail(storageFailure(path, error));
    }
    await moveAside(this.root, path);
    return fail(this.#search.missing(digest));
  }

  /** A file that holds a blob, to be read and nothing else. Fails with `store-corrupt` when it is missing. */
  async pathOf(digest: Digest): Promise<Result<string>> {
    const path = await this.#search.find(digest, POOLS);
    return path === undefined ? fail(this.#search.missing(digest)) : ok(path);
  }

  /**
   * Reads every blob again, moves the damaged ones to `cas/damaged/` and says which they are. `progress` gets
   * the bytes read so far. Fails with `storage-failed` when the store cannot be listed.
   */
  async verify(progress: (bytes: number) => void = () => undefined): Promise<Result<VerificationReport>> {
    return verifyBlobs(this.root, progress);
  }

  /** Removes what killed processes left in `tmp/` more than a day ago. Never fails. */
  async cleanTemporaryFiles(nowMs = Date.now()): Promise<void> {
    await this.#temporary.clean(nowMs);
  }

  readonly #source: BlobSource = async ({ digest, executable }, mode) => {
    const wanted = blobMode(executable);
    const found = await this.#search.find(digest, mode === 'link' ? [wanted] : POOLS);
    if (found !== undefined) return ok({ path: found, prove: () => this.#search.prove(found, digest) });
    const other = await this.#search.find(digest, POOLS);
    if (other === undefined) return fail(this.#search.missing(digest));
    const twin = await this.#makeTwin(other, digest, wanted);
    return twin.ok ? ok({ path: twin.value, prove: async () => ok(undefined) }) : twin;
  };

  async #makeTwin(from: string, digest: Digest, mode: BlobMode): Promise<Result<string>> {
    return this.#inTemporary(async (path) => {
      await copyBlob(from, path);
      const copied = await sealFile(path, mode);
      if (copied.hash !== digest.hash) {
        await moveAside(this.root, from);
        return fail(this.#search.missing(digest));
      }
      await this.#place(path, digest, mode);
      return ok(blobPath(this.root, digest.hash, mode));
    });
  }

  /** Whether a blob is there, and was used just now. */
  async #touched({ digest, executable }: Omit<TreeFile, 'path'>): Promise<boolean> {
    const mode = blobMode(executable);
    return touchBlob(blobPath(this.root, digest.hash, mode), mode);
  }

  async #adoptCopy(from: string, executable: boolean): Promise<Result<FileArtifact>> {
    return this.#inTemporary(async (path) => {
      await copyFile(from, path);
      const digest = await sealFile(path, blobMode(executable));
      await this.#place(path, digest, blobMode(executable));
      return ok({ type: 'file', digest, executable });
    });
  }

  /** Whether a sealed file could be moved into its place; not so from another file system. */
  async #moved(path: string, digest: Digest, mode: BlobMode): Promise<boolean> {
    try {
      await this.#place(path, digest, mode);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EXDEV') return false;
      throw error;
    }
  }

  /** Another process may do the same at the same time: either file is right, and the later one stays. */
  async #place(sealed: string, digest: Digest, mode: BlobMode): Promise<void> {
    const path = blobPath(this.root, digest.hash, mode);
    await makeFolder(dirname(path));
    await rename(sealed, path);
    this.#unsynced.add(path);
    this.#search.given(path);
  }

  async #inTemporary<T>(work: (path: string) => Promise<Result<T>>): Promise<Result<T>> {
    let path: string | undefined;
    try {
      path = await this.#temporary.newPath();
      return await work(path);
    } catch (error) {
      return fail(adoptionFailure(path ?? this.#temporary.path, error));
    } finally {
      if (path !== undefined) await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

function adoptionFailure(path: string, error: unknown): Failure {
  if (!(error instanceof FileChangedError)) return storageFailure(path, error);
  return {
    kind: 'input-changed',
    path: error.path,
    message: `${error.path} changed while it was taken into the store`,
    hint: 'The command that makes it must not leave a process behind that still writes.',
  };
}
