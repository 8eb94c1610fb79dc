import { chmod, constants, copyFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../cache/blob-store.ts';
import type { StagedFile } from './input-resolution.ts';
import type { ActionOutput } from './kind.ts';
import { ok, type Result } from './result.ts';

/** Above this many bytes a file of the user's is linked into an action's folder instead of copied. */
const COPY_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * A folder that holds just the declared inputs of one action, at their places, and room for its outputs.
 * It lies in the store's file system, so that outputs move into the store without being copied.
 */
export class Workspace {
  /** Where the command runs. */
  readonly root: string;
  /** Its HOME and TMPDIR, outside of what it can mistake for inputs or outputs. */
  readonly home: string;
  /** Everything that the command wrote. */
  readonly log: string;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.root = join(folder, 'root');
    this.home = join(folder, 'home');
    this.log = join(folder, 'log');
  }

  static async create(cacheRoot: string, serial: number): Promise<Workspace> {
    const workspace = new Workspace(join(workFolder(cacheRoot), `${process.pid}-${serial}`));
    await rm(workspace.folder, { recursive: true, force: true });
    await mkdir(workspace.root, { recursive: true });
    await mkdir(workspace.home, { recursive: true });
    await writeFile(workspace.log, '');
    return workspace;
  }

  async stage(
    files: readonly StagedFile[],
    outputs: readonly ActionOutput[],
    blobs: BlobStore,
  ): Promise<Result<void>> {
    for (const folder of new Set(files.map((file) => dirname(file.path)))) {
      await mkdir(join(this.root, folder), { recursive: true });
    }
    for (const file of files) {
      const at = join(this.root, file.path);
      if (file.bytes.in === 'store') {
        const artifact = { type: 'file', digest: file.digest, executable: file.executable } as const;
        const staged = await blobs.materialise(artifact, at, 'link');
        if (!staged.ok) return staged;
      } else if (file.digest.size > COPY_LIMIT_BYTES) {
        await symlink(file.bytes.path, at);
      } else {
        await copyFile(file.bytes.path, at, constants.COPYFILE_FICLONE);
        await chmod(at, file.executable ? 0o555 : 0o444);
      }
    }
    for (const output of outputs) await mkdir(dirname(join(this.root, output.path)), { recursive: true });
    return ok(undefined);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

const workFolder = (cacheRoot: string): string => join(cacheRoot, 'work');

/** Removes the folders of builds that were killed: their process is gone. */
export async function removeAbandonedWorkspaces(cacheRoot: string): Promise<void> {
  const names = await readdir(workFolder(cacheRoot)).catch(() => []);
  for (const name of names) {
    const pid = Number(name.split('-')[0]);
    if (isRunning(pid)) continue;
    // A command of the killed build may still be writing there: the next build will have better luck.
    await rm(join(workFolder(cacheRoot), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
