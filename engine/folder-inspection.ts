import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { SEALED_SECONDS } from '../cache/seal-status.ts';
import type { StagedFile } from './input-resolution.ts';
import type { ActionOutput } from './kind.ts';
import { isWithin, parentFolders } from './workspace.ts';

/**
 * What a command wrote into its folder beside its outputs: paths relative to it, a folder's with a `/` at the
 * end and without what is in it. Throws node's error.
 */
export function undeclaredOutputs(
  root: string,
  files: readonly StagedFile[],
  outputs: readonly ActionOutput[],
): readonly string[] {
  const known = new Set([...files, ...outputs].map(({ path }) => path));
  const folders = parentFolders(files, outputs);
  const found: string[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (known.has(path)) continue;
      if (!entry.isDirectory()) found.push(path);
      else if (folders.has(path)) pending.push(path);
      else found.push(`${path}/`);
    }
  }
  return found.sort();
}

/** The inputs that a command wrote to, replaced or removed; one that is an output as well is its to write. */
export function changedInputs(
  root: string,
  files: readonly StagedFile[],
  outputs: readonly ActionOutput[],
): readonly StagedFile[] {
  return files.filter(
    (file) =>
      !outputs.some((output) => isWithin(file.path, output)) && !isUntouched(join(root, file.path), file),
  );
}

/** Whether a file in an action's folder still is what was laid out there, by a look at its status. */
function isUntouched(at: string, file: StagedFile): boolean {
  let status: Stats;
  try {
    status = lstatSync(at);
    if (status.isSymbolicLink()) return file.bytes.in === 'file' && readlinkSync(at) === file.bytes.path;
  } catch {
    return false;
  }
  return status.isFile() && status.size === file.digest.size && status.mtimeMs === SEALED_SECONDS * 1000;
}
