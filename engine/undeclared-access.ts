import { statSync } from 'node:fs';
import { isAbsolute, join, posix, relative } from 'node:path';
import type { Action } from './action-graph.ts';
import { DeclarationAdvice } from './declaration-advice.ts';
import type { Failure } from './failure.ts';
import type { StagedFile } from './input-resolution.ts';
import { missingPaths } from './missing-paths.ts';
import type { SandboxLevel } from './sandbox.ts';

export interface FailedCommand {
  readonly action: Action;
  readonly files: readonly StagedFile[];
  /** The folder of the pipeline file. */
  readonly folder: string;
  /** The folder that the command ran in. */
  readonly root: string;
  /** What it wrote, as far as it is searched. */
  readonly said: string;
  /** The end of that, for people to read. */
  readonly output: string;
  /** How it ended, in words. */
  readonly how: string;
  readonly sandbox: SandboxLevel;
}

/** In more folders than this a name is not looked for. */
const MOST_FOLDERS = 100;

/** What is published there, and nobody's input. */
const PUBLISHED = 'out/';

interface Undeclared {
  readonly path: string;
  /** The task that makes it; otherwise it is a file of the user's. */
  readonly writer?: string;
}

/**
 * Why a command failed that did not find what the user's folder has, or another task makes, but its task does
 * not declare. Undefined where it complained of nothing of the kind.
 */
export async function undeclaredAccess(command: FailedCommand): Promise<Failure | undefined> {
  const candidates = missingPaths(command.said);
  if (candidates.length === 0) return undefined;
  const advice = await DeclarationAdvice.read(command.action);
  if (advice.kind !== undefined) return undefined;
  const found = undeclaredPaths(candidates, command, advice);
  if (found.length === 0) return hiddenPath(candidates, command);
  const { action, how, output } = command;
  const named = found.map(({ path, writer }) =>
    writer === undefined ? `\`${path}\`` : `\`${path}\`, which task \`${writer}\` makes,`,
  );
  const paths = found.map(({ path }) => path);
  return {
    kind: 'input-undeclared',
    action: action.id,
    paths,
    output,
    message: `${action.id} reads ${named.join(' and ')} without declaring it (${how})`,
    ...advice.toDeclare('inputs', paths),
  };
}

/** A path outside of the user's folder that is there, and that a strict sandbox hides. */
function hiddenPath(candidates: readonly string[], command: FailedCommand): Failure | undefined {
  const { action, how, output, root, sandbox } = command;
  if (sandbox !== 'strict') return undefined;
  const path = candidates.find(
    (one) => isAbsolute(one) && !one.startsWith(`${root}/`) && typeOf(one) !== undefined,
  );
  if (path === undefined) return undefined;
  return {
    kind: 'input-undeclared',
    action: action.id,
    paths: [path],
    output,
    message: `${action.id} reads \`${path}\`, which a strict sandbox hides (${how})`,
    hint: 'copy or link it into the folder of the pipeline file and name it in `inputs:`, or build with --sandbox standard',
    location: action.location,
  };
}

function undeclaredPaths(
  candidates: readonly string[],
  { action, files, folder, root }: FailedCommand,
  advice: DeclarationAdvice,
): readonly Undeclared[] {
  const declared = new Set([...files, ...action.spec.outputs].map(({ path }) => path));
  for (const { path } of files)
    for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) declared.add(at);
  const folders = new Set(['.', ...files.map(({ path }) => posix.dirname(path))]);
  const found = new Map<string, Undeclared>();
  for (const candidate of candidates) {
    for (const path of placesOf(candidate, folder, root, [...folders].slice(0, MOST_FOLDERS))) {
      if (path.startsWith(PUBLISHED) || declared.has(path)) continue;
      const writer = advice.writerOf(path);
      const type = writer === undefined ? typeOf(join(folder, path)) : 'file';
      if (type === undefined) continue;
      found.set(path, writer === undefined ? { path } : { path, writer });
      break;
    }
  }
  return [...found.values()];
}

/** Where in the user's folder a path as a command wrote it may lie, relative to that folder. */
function placesOf(
  candidate: string,
  folder: string,
  root: string,
  folders: readonly string[],
): readonly string[] {
  const inner = (path: string): boolean =>
    path !== '' && path !== '.' && !path.startsWith('..') && !isAbsolute(path);
  if (isAbsolute(candidate)) return [relative(root, candidate), relative(folder, candidate)].filter(inner);
  return folders.map((at) => posix.normalize(posix.join(at, candidate)).replace(/\/$/, '')).filter(inner);
}

function typeOf(path: string): 'file' | 'folder' | undefined {
  try {
    const status = statSync(path);
    return status.isFile() ? 'file' : status.isDirectory() ? 'folder' : undefined;
  } catch {
    return undefined;
  }
}
