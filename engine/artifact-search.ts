import { lstat, readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { artifactDigests } from '../cache/artifact.ts';
import { type Digest, digestFile, isHash } from '../cache/digest.ts';
import { storageFailure } from '../cache/storage-failure.ts';
import { ActionHistory, type FoundEntry } from './action-history.ts';
import type { Failure } from './failure.ts';
import { fail, ok, type Result } from './result.ts';

/** A file whose origin is asked for. */
export interface SubjectFile {
  readonly name: string;
  readonly hash: string;
}

/** The result that holds all of the files, in the history that remembers it. */
export interface FoundResult extends FoundEntry {
  readonly history: ActionHistory;
}

/** The files behind a path (a file, or a folder with all that is in it) or behind a SHA-256. */
export async function subjectFiles(asked: string): Promise<Result<readonly SubjectFile[], Failure>> {
  const hash = asked.replace(/^sha256:/, '').toLowerCase();
  if (isHash(hash)) return ok([{ name: `sha256:${hash}`, hash }]);
  const root = resolve(asked);
  try {
    const status = await lstat(root);
    const paths = status.isDirectory() ? await filesBelow(root) : [root];
    const files: SubjectFile[] = [];
    for (const path of paths) {
      const digest: Digest = await digestFile(path);
      const name = path === root ? asked : join(asked, relative(root, path));
      files.push({ name: name.split(sep).join('/'), hash: digest.hash });
    }
    if (files.length > 0) return ok(files);
    return fail({ kind: 'input-missing', path: root, message: `${asked} is a folder without files` });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return fail(storageFailure(root, error));
    return fail({
      kind: 'input-missing',
      path: root,
      message: `${asked} does not exist, and is no SHA-256 either`,
      hint: 'name a file, a folder, or the 64 digits of a digest',
    });
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * The newest result that holds every one of the files: of this pipeline where it has one, else of any other
 * that uses the same store. A file of the same content may have several makers.
 */
export async function resultWith(
  files: readonly SubjectFile[],
  own: ActionHistory,
  cacheRoot: string,
): Promise<FoundResult | undefined> {
  const folder = join(cacheRoot, 'history');
  const others = (await readdir(folder).catch(() => []))
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(folder, name))
    .filter((file) => file !== own.file)
    .map((file) => ActionHistory.at(file));
  for (const history of [own, ...others]) {
    const [first, ...rest] = files;
    const makers = first === undefined ? [] : history.makersOf(first.hash);
    const found = makers.find(({ entry }) => {
      const hashes = new Set(
        Object.values(entry.outputs).flatMap((output) => artifactDigests(output).map(({ hash }) => hash)),
      );
      return rest.every(({ hash }) => hashes.has(hash));
    });
    if (found !== undefined) return { ...found, history };
  }
  return undefined;
}
