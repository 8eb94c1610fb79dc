import { lstat, readdir, stat } from 'node:fs/promises';
import { posix, relative, resolve, sep } from 'node:path';
import type { Artifact } from '../cache/artifact.ts';
import type { StatMemo } from '../cache/stat-memo.ts';
import type { Action } from './action-graph.ts';
import type { ResolvedFile } from './action-manifest.ts';
import type { Witness } from './build-record.ts';
import type { Failure } from './failure.ts';
import { globFiles, type InputListing, isGlob, listFiles } from './input-listing.ts';
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

export interface ResolvedInputs {
  /** Every file that the action will see; folders and globs are taken apart. */
  readonly files: readonly StagedFile[];
  /** The folders whose listing decided which files these are. */
  readonly folders: readonly Witness[];
  /** Where an optional input would lie: nothing was there. */
  readonly absent: readonly string[];
}

/** Finds the files that an action will see, with their digests. */
export async function resolveInputs(
  action: Action,
  context: ResolutionContext,
): Promise<Result<ResolvedInputs, Failure>> {
  const groups: (readonly StagedFile[] | (() => Promise<Result<readonly StagedFile[], Failure>>))[] = [];
  const folders = new Map<string, Witness>();
  const absent: string[] = [];
  for (const input of action.spec.inputs) {
    const { source } = input;
    if (source.from === 'action') {
      groups.push(artifactFiles(input, source, context));
      continue;
    }
    const listed = await listInput(source, context);
    for (const folder of listed.folders) folders.set(folder[0], folder);
    if (listed.files.length === 0) {
      const path = resolve(rootOf(source, context), source.path);
      if (!isOptional(source)) return fail(await missingInput(action, source, context));
      if (listed.folders.length === 0) absent.push(path);
      continue;
    }
    groups.push(() => digestFiles(input.at, source, listed.files, context));
  }
  // All at once: big files are hashed by a thread each.
  const resolved = await Promise.all(
    groups.map((group) => (typeof group === 'function' ? group() : ok(group))),
  );
  const found = new Map<string, StagedFile>();
  for (const files of resolved) {
    if (!files.ok) return files;
    for (const file of files.value) found.set(file.path, file);
  }
  return ok({ files: [...found.values()], folders: [...folders.values()], absent });
}

type DiskSource = {
  readonly from: 'project' | 'package';
  readonly path: string;
  readonly optional?: boolean;
};

const isOptional = (source: DiskSource): boolean => source.optional === true;

const rootOf = ({ from }: DiskSource, context: ResolutionContext): string =>
  from === 'package' ? context.packageRoot : context.folder;

function listInput(source: DiskSource, context: ResolutionContext): Promise<InputListing> {
  const root = rootOf(source, context);
  return isGlob(source.path) ? globFiles(root, source.path) : listFiles(resolve(root, source.path));
}

function artifactFiles(
  input: ActionInput,
  source: { readonly action: string; readonly output: string },
  context: ResolutionContext,
): readonly StagedFile[] {
  const artifact = context.artifact(source.action, source.output);
  if (artifact === undefined) throw new Error(`${source.action} has no result for ${source.output} yet`);
  const origin = `${source.action}: ${source.output}`;
  if (artifact.type === 'file') {
    const { digest, executable } = artifact;
    return [{ path: input.at, digest, executable, origin, bytes: { in: 'store' } }];
  }
  return artifact.files.map(({ path, digest, executable }) => ({
    path: posix.join(input.at, path),
    digest,
    executable,
    origin: `${origin}/${path}`,
    bytes: { in: 'store' },
  }));
}

async function digestFiles(
  place: string,
  source: DiskSource,
  listed: readonly string[],
  context: ResolutionContext,
): Promise<Result<readonly StagedFile[], Failure>> {
  const root = rootOf(source, context);
  const glob = isGlob(source.path);
  const base = resolve(root, glob ? '.' : source.path);
  const files: StagedFile[] = [];
  const digests = await Promise.all(
    listed.map(async (path) => ({ path, digest: await context.memo.digestOf(path) })),
  );
  for (const { path, digest } of digests) {
    if (!digest.ok) return digest;
    const inside = relative(base, path).split(sep).join('/');
    const at = glob ? inside : posix.join(place, inside);
    const executable = ((await stat(path)).mode & 0o100) !== 0;
    const shown = relative(root, path).split(sep).join('/');
    const origin = source.from === 'package' ? `rwkv-build itself: ${shown}` : shown;
    files.push({ path: at, digest: digest.value, executable, origin, bytes: { in: 'file', path } });
  }
  return ok(files);
}

async function missingInput(
  action: Action,
  source: DiskSource,
  context: ResolutionContext,
): Promise<Failure> {
  const { path } = source;
  const root = rootOf(source, context);
  const absolute = resolve(root, path);
  const parent = resolve(absolute, '..');
  const siblings = await readdir(parent).catch(() => []);
  const name = posix.basename(path);
  const nearest = nearestName(
    name,
    siblings.filter((sibling) => sibling !== name),
  );
  const cause = isGlob(path) ? 'matches no file' : await absence(absolute);
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

/** In what way there is no file at a path. */
async function absence(path: string): Promise<string> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return 'does not exist';
  const target = status.isSymbolicLink() ? await stat(path).catch(() => undefined) : status;
  if (target === undefined) return 'is a link to nothing';
  return target.isDirectory() ? 'is a folder without files' : 'is no regular file';
}
