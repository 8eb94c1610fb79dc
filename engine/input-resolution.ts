import { lstat, readdir, stat } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import type { Artifact } from '../cache/artifact.ts';
import type { StatMemo } from '../cache/stat-memo.ts';
import type { Action } from './action-graph.ts';
import type { ResolvedFile } from './action-manifest.ts';
import type { Failure } from './failure.ts';
import type { ActionInput } from './kind.ts';
import { nearestName } from './nearest-name.ts';
import { fail, ok, type Result } from './result.ts';

/** Where a resolved file's bytes lie when the action's folder is laid out. */
export type StoredBytes =
  | { readonly in: 'store' }
  /** A file of the user's or of rwkv-build itself, by its absolute path. */
  | { readonly in: 'file'; readonly path: string };

export interface StagedFile extends ResolvedFile {
  readonly bytes: StoredBytes;
}

export interface ResolutionContext {
  /** The folder of the pipeline file. */
  readonly folder: string;
  readonly packageRoot: string;
  readonly memo: StatMemo;
  /** The artifact that an action made, by its output path. */
  artifact(action: string, output: string): Artifact | undefined;
}

/** Every file that an action will see, with its digest; folders and globs are taken apart. */
export async function resolveInputs(
  action: Action,
  context: ResolutionContext,
): Promise<Result<readonly StagedFile[], Failure>> {
  const found = new Map<string, StagedFile>();
  for (const input of action.spec.inputs) {
    const files =
      input.source.from === 'action'
        ? artifactFiles(input, input.source, context)
        : await diskFiles(action, input, input.source, context);
    if (!files.ok) return files;
    for (const file of files.value) found.set(file.path, file);
  }
  return ok([...found.values()]);
}

function artifactFiles(
  input: ActionInput,
  source: { readonly action: string; readonly output: string },
  context: ResolutionContext,
): Result<readonly StagedFile[], Failure> {
  const artifact = context.artifact(source.action, source.output);
  if (artifact === undefined) throw new Error(`${source.action} has no result for ${source.output} yet`);
  const origin = `${source.action}: ${source.output}`;
  if (artifact.type === 'file') {
    const { digest, executable } = artifact;
    return ok([{ path: input.at, digest, executable, origin, bytes: { in: 'store' } }]);
  }
  return ok(
    artifact.files.map(({ path, digest, executable }) => ({
      path: posix.join(input.at, path),
      digest,
      executable,
      origin: `${origin}/${path}`,
      bytes: { in: 'store' },
    })),
  );
}

async function diskFiles(
  action: Action,
  input: ActionInput,
  source: { readonly from: 'project' | 'package'; readonly path: string; readonly optional?: boolean },
  context: ResolutionContext,
): Promise<Result<readonly StagedFile[], Failure>> {
  const root = source.from === 'package' ? context.packageRoot : context.folder;
  const listed = isGlob(source.path)
    ? await globFiles(root, source.path)
    : await listFiles(root, source.path);
  if (listed === undefined || listed.length === 0) {
    return source.optional === true ? ok([]) : fail(await missingInput(action, root, source.path));
  }
  const glob = isGlob(source.path);
  const files: StagedFile[] = [];
  for (const path of listed) {
    const digest = await context.memo.digestOf(path);
    if (!digest.ok) return digest;
    const inside = relative(resolve(root, glob ? '.' : source.path), path)
      .split(sep)
      .join('/');
    const at = glob ? inside : posix.join(input.at, inside);
    const executable = ((await stat(path)).mode & 0o100) !== 0;
    const shown = relative(root, path).split(sep).join('/');
    const origin = source.from === 'package' ? `rwkv-build itself: ${shown}` : shown;
    files.push({ path: at, digest: digest.value, executable, origin, bytes: { in: 'file', path } });
  }
  return ok(files);
}

/** Whether a path as declared stands for the files that match it. */
export const isGlob = (path: string): boolean => /[*?[\]{}]/.test(path);

async function globFiles(root: string, pattern: string): Promise<readonly string[]> {
  // Loaded only where a pipeline uses a glob: zx takes a tenth of a second to start.
  const { glob } = await import('zx');
  const paths = await glob(pattern, { cwd: root, onlyFiles: true, dot: true, ignore: ['out/**'] });
  return paths.sort().map((path) => resolve(root, path));
}

/** The regular files at a path, which may be one file or a folder; undefined when nothing is there. */
async function listFiles(root: string, path: string): Promise<readonly string[] | undefined> {
  const absolute = resolve(root, path);
  const status = await stat(absolute).catch(() => undefined);
  if (status === undefined) return undefined;
  if (status.isFile()) return [absolute];
  const entries = await readdir(absolute, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await stat(file).catch(() => undefined))?.isFile())) {
      if (!file.includes(`${sep}__pycache__${sep}`)) files.push(file);
    }
  }
  return files.sort();
}

async function missingInput(action: Action, root: string, path: string): Promise<Failure> {
  const absolute = resolve(root, path);
  const parent = resolve(absolute, '..');
  const siblings = await readdir(parent).catch(() => []);
  const nearest = nearestName(posix.basename(path), siblings);
  const dangling = await lstat(absolute).then(
    (status) => status.isSymbolicLink(),
    () => false,
  );
  const cause = isGlob(path) ? 'matches no file' : dangling ? 'is a link to nothing' : 'does not exist';
  const hint =
    nearest === undefined ? undefined : `did you mean \`${posix.join(posix.dirname(path), nearest)}\`?`;
  return {
    kind: 'input-missing',
    path: absolute,
    message: `task \`${action.task}\`: its input \`${path}\` ${cause}`,
    location: action.location,
    ...(hint === undefined ? {} : { hint }),
  };
}
