import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { settledStamp } from '../cache/file-stamp.ts';
import type { Witness } from './build-record.ts';

/** The files of an input as it is written: a file, a folder, or a glob. */
export interface InputListing {
  /** Absolute, sorted. */
  readonly files: readonly string[];
  /** The folders that were read for it, as they were then: a file that comes or goes shows in one of them. */
  readonly folders: readonly Witness[];
}

export const isGlob = (path: string): boolean => /[*?[\]{}]/.test(path);

/** Published artifacts lie in the user's folder without being the user's. */
const PUBLISHED = 'out';

export async function globFiles(root: string, pattern: string): Promise<InputListing> {
  const folders = await globFolders(root, pattern);
  // Loaded only where a pipeline uses a glob: zx takes a tenth of a second to start.
  const { glob } = await import('zx');
  const paths = await glob(pattern, { cwd: root, onlyFiles: true, dot: true, ignore: [`${PUBLISHED}/**`] });
  return { files: paths.sort().map((path) => resolve(root, path)), folders };
}

/** The regular files at a path, which may be one file, a folder, or nothing. */
export async function listFiles(path: string): Promise<InputListing> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return { files: [], folders: [] };
  if (status.isFile()) return { files: [path], folders: [] };
  const walk = new FolderWalk();
  await walk.enter(path);
  return { files: walk.files.sort(), folders: walk.folders };
}

/** The folders in which a file that matches could appear: all below the part of the pattern without magic. */
async function globFolders(root: string, pattern: string): Promise<readonly Witness[]> {
  const names = pattern.split('/');
  const magic = names.findIndex(isGlob);
  const base = resolve(root, ...names.slice(0, magic));
  const deep = magic < names.length - 1 || pattern.includes('**') || pattern.includes('{');
  if (!deep) return [witness(base)];
  const walk = new FolderWalk(resolve(root, PUBLISHED));
  await walk.enter(base);
  return walk.folders;
}

const witness = (folder: string): Witness => [folder, settledStamp(folder) ?? null];

/** Goes through a folder and everything below it; a link that leads back up is not followed. */
class FolderWalk {
  readonly files: string[] = [];
  readonly folders: Witness[] = [];
  private readonly skipped: string | undefined;

  constructor(skipped?: string) {
    this.skipped = skipped;
  }

  async enter(folder: string): Promise<void> {
    const rest = [{ at: folder, above: [] as readonly string[] }];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const { at, above } = next;
      const real = await realpath(at).catch(() => at);
      if (at === this.skipped || above.includes(real)) continue;
      // Before the listing: what comes during it makes the stamp an old one.
      this.folders.push(witness(at));
      const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const path = join(at, entry.name);
        const status = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
        if (status?.isFile()) this.files.push(path);
        // Python's own cache beside a script of rwkv-build is no part of it.
        if (status?.isDirectory() && entry.name !== '__pycache__')
          rest.push({ at: path, above: [...above, real] });
      }
    }
  }
}
