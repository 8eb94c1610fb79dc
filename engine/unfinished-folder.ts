import { readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '../cache/running-process.ts';

const PREFIX = '.unfinished-';

/**
 * The folder under `out/` in which artifacts grow before they get their place in one step: on the same file
 * system, one for each process, so that what a killed one leaves can be told.
 */
export class UnfinishedFolder {
  private readonly folder: string;
  private serial = 0;

  constructor(published: string) {
    this.folder = join(published, `${PREFIX}${process.pid}`);
  }

  /** A path that nobody else uses; the folder above it is made by whoever writes there. */
  newPath(): string {
    this.serial += 1;
    return join(this.folder, String(this.serial));
  }

  /** Rejects with node's error. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Whether some build, running or killed, has unfinished artifacts there. */
export function holdsUnfinished(published: string): boolean {
  try {
    return readdirSync(published).some((name) => name.startsWith(PREFIX));
  } catch {
    // Nothing has been published yet, or nobody may look.
    return false;
  }
}

/** Removes what builds left that were killed while they published. Never rejects. */
export async function removeUnfinished(published: string): Promise<void> {
  const names = await readdir(published).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(PREFIX) || isRunning(Number(name.slice(PREFIX.length)))) continue;
    await rm(join(published, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
