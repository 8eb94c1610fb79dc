import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * Where files of the store grow before they get their place: on the same file system, so that a rename is all
 * that is left to do. Whatever a killed process leaves here is rubbish, and says nothing about the store.
 */
export class TemporaryFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** A path that nobody else uses; the folder exists afterwards. Rejects with node's error. */
  async newPath(): Promise<string> {
    await mkdir(this.path, { recursive: true });
    return join(this.path, `${process.pid}-${randomBytes(8).toString('hex')}`);
  }

  /**
   * Removes what is older than a day: no command of ours takes that long to fill one file. The age is that of
   * the inode, since a sealed file bears a modification time of long ago while it waits for its place.
   */
  async clean(nowMs: number): Promise<void> {
    const names = await readdir(this.path).catch(() => []);
    for (const name of names) {
      const path = join(this.path, name);
      try {
        const old = nowMs - (await lstat(path)).ctimeMs > KEPT_MS;
        if (old) await rm(path, { recursive: true, force: true });
      } catch {
        // Another process cleans as well, or it isn't ours to remove. Tomorrow is another day.
      }
    }
  }
}
