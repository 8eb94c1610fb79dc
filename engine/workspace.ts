import {
  chmodSync,
  constants,
  copyFileSync,
  type Dirent,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { copyFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../cache/blob-store.ts';
import { BIG_FILE_BYTES } from '../cache/hash-threads.ts';
import { isRunning } from '../cache/running-process.ts';
import { SEALED_SECONDS } from '../cache/seal-status.ts';
import { errorCode } from '../cache/storage-failure.ts';
import type { StagedFile } from './input-resolution.ts';
import type { ActionOutput } from './kind.ts';
import { killMarked } from './process-family.ts';
import { ok, type Result } from './result.ts';

/** Above this many bytes a file of the user's is linked into an action's folder instead of copied. */
const COPY_LIMIT_BYTES = 64 * 1024 * 1024;

/** What takes less time than handing it to another thread: small steps are done at once. */
const SMALL_COPY_BYTES = 256 * 1024;
const SMALL_FOLDER_FILES = 64;

/**
 * A folder that holds just the declared inputs of one action, at their places, and room for its outputs.
 * It lies in the store's file system, so that outputs move into the store without being copied.
 */
export class Workspace {
  /** Where the command runs. */
  readonly root: string;
  /** Its HOME and TMPDIR, outside of what it can mistake for inputs or outputs. */
  readonly home: string;
  /** Where the command's output goes when it is long. */
  readonly log: string;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.root = join(folder, 'root');
    this.home = join(folder, 'home');
    this.log = join(folder, 'log');
  }

  /** Throws node's error. */
  static create(cacheRoot: string, serial: number): Workspace {
    const workspace = new Workspace(join(workFolder(cacheRoot), `${process.pid}-${serial}`));
    try {
      mkdirSync(workspace.folder);
    } catch (error) {
      const code = errorCode(error);
      // The first one ever, or what a process left that had this number before.
      if (code === 'EEXIST') rmSync(workspace.folder, { recursive: true });
      else if (code !== 'ENOENT') throw error;
      mkdirSync(workspace.folder, { recursive: true });
    }
    mkdirSync(workspace.root);
    mkdirSync(workspace.home);
    return workspace;
  }

  /** Lays out the inputs and the folders of the outputs. Fails as the store does; throws node's error. */
  async stage(
    files: readonly StagedFile[],
    outputs: readonly ActionOutput[],
    blobs: BlobStore,
  ): Promise<Result<void>> {
    for (const folder of parentFolders(files, outputs))
      mkdirSync(join(this.root, folder), { recursive: true });
    // Big blobs are read by a thread each, before they are used.
    const big = files.filter(({ bytes, digest }) => bytes.in === 'store' && digest.size >= BIG_FILE_BYTES);
    if (big.length > 1) await Promise.all(big.map((file) => blobs.prove(file)));
    for (const file of files) {
      const at = join(this.root, file.path);
      if (outputs.some((output) => isWithin(file.path, output))) {
        const placed = await this.placeCopy(file, at, blobs);
        if (!placed.ok) return placed;
      } else if (file.bytes.in === 'store') {
        const linked = await blobs.link(file, at);
        if (!linked.ok) return linked;
      } else if (file.digest.size > COPY_LIMIT_BYTES) {
        symlinkSync(file.bytes.path, at);
      } else {
        await copyContent(file.bytes.path, at, file.digest.size);
        chmodSync(at, file.executable ? 0o555 : 0o444);
        // As a file of the store has it: that the command wrote to it then shows.
        utimesSync(at, SEALED_SECONDS, SEALED_SECONDS);
      }
    }
    return ok(undefined);
  }

  /** Removes the folder. Throws node's error. */
  async remove(): Promise<void> {
    const [root, home] = [this.root, this.home].map(entriesOf);
    if (!isSmall(root) || !isSmall(home)) return rm(this.folder, { recursive: true, force: true });
    // Step by step takes half as long as what has to be ready for anything.
    for (const { name } of root ?? []) unlinkSync(join(this.root, name));
    for (const { name } of home ?? []) unlinkSync(join(this.home, name));
    rmSync(this.log, { force: true });
    for (const folder of [this.root, this.home, this.folder]) rmdirSync(folder);
  }

  /** An input that is an output as well: the command may write to it. */
  private async placeCopy(file: StagedFile, at: string, blobs: BlobStore): Promise<Result<void>> {
    const { digest, executable } = file;
    if (file.bytes.in === 'store') return blobs.materialise({ type: 'file', digest, executable }, at, 'copy');
    await copyContent(file.bytes.path, at, digest.size);
    chmodSync(at, executable ? 0o755 : 0o644);
    return ok(undefined);
  }
}

/** Whether a path is an output or lies in one. */
export function isWithin(path: string, output: ActionOutput): boolean {
  return path === output.path || (output.type === 'directory' && path.startsWith(`${output.path}/`));
}

/** The folders in which an action's inputs and outputs lie, relative to its own; `.` is its own. */
export function parentFolders(
  files: readonly StagedFile[],
  outputs: readonly ActionOutput[],
): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { path } of [...files, ...outputs]) {
    for (let at = dirname(path); at !== '.' && !folders.has(at); at = dirname(at)) folders.add(at);
  }
  return folders;
}

async function copyContent(from: string, to: string, size: number): Promise<void> {
  if (size <= SMALL_COPY_BYTES) copyFileSync(from, to, constants.COPYFILE_FICLONE);
  else await copyFile(from, to, constants.COPYFILE_FICLONE);
}

/** Undefined where a command has taken the folder away. */
function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

const isSmall = (entries: readonly Dirent[] | undefined): boolean =>
  entries !== undefined &&
  entries.length <= SMALL_FOLDER_FILES &&
  !entries.some((entry) => entry.isDirectory());

const workFolder = (cacheRoot: string): string => join(cacheRoot, 'work');

/** Ends what is left of builds that were killed, whose process is gone, and removes its folders. */
export async function removeAbandonedWorkspaces(cacheRoot: string): Promise<void> {
  const names = await readdir(workFolder(cacheRoot)).catch(() => []);
  for (const name of names) {
    const pid = Number(name.split('-')[0]);
    if (isRunning(pid)) continue;
    const folder = join(workFolder(cacheRoot), name);
    killMarked(`${folder}/`);
    // What is out of reach may still be writing there: the next build will have better luck.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
