import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

/** Content and executable bit of each file below a folder, by path; what has not got its name yet apart. */
export interface FolderDigests {
  readonly files: ReadonlyMap<string, string>;
  readonly temporary: readonly string[];
}

/** Where artifacts grow before they get their place, and the names that files have meanwhile. */
const TEMPORARY = /^\.unfinished-\d+\/|\.tmp(\/|$)/;

export function digestFolder(folder: string): FolderDigests {
  const files = new Map<string, string>();
  const temporary: string[] = [];
  for (const path of filesBelow(folder)) {
    const name = relative(folder, path);
    if (TEMPORARY.test(name)) {
      temporary.push(name);
      continue;
    }
    const executable = (lstatSync(path).mode & 0o100) !== 0;
    files.set(name, `${sha256(path)}${executable ? ' x' : ''}`);
  }
  return { files, temporary };
}

/** What is wrong with a store that nobody writes to: a file under a final name that isn't what the name says. */
export function storeProblems(cache: string): string[] {
  const problems: string[] = [];
  for (const pool of ['sha256', 'sha256-x']) {
    for (const path of filesBelow(join(cache, 'cas', pool))) {
      const name = basename(path);
      if (!/^[0-9a-f]{64}$/.test(name)) problems.push(`${path}: not the name of a blob`);
      else if (basename(dirname(path)) !== name.slice(0, 2)) problems.push(`${path}: in the wrong folder`);
      else if (sha256(path) !== name) problems.push(`${path}: its content is not what its name says`);
      else if ((lstatSync(path).mode & 0o222) !== 0) problems.push(`${path}: it can be written`);
    }
  }
  for (const path of filesBelow(join(cache, 'cas', 'damaged'))) problems.push(`${path}: was found damaged`);
  for (const path of filesBelow(join(cache, 'ac'))) {
    if (!path.endsWith('.tmp') && !isJson(path)) problems.push(`${path}: half a result`);
  }
  return problems;
}

/** Processes that work in a folder or below. */
export function processesIn(folder: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // One that has ended and not been waited for yet has no command line.
      if (command !== '') found.push(`${pid}: ${command}`);
    } catch {
      // It has ended, or belongs to somebody else.
    }
  }
  return found;
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function isJson(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return true;
  } catch {
    return false;
  }
}
