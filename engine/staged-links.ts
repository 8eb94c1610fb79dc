import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownLinks } from '../cache/blob-store.ts';
import type { StagedFile } from './input-resolution.ts';

/**
 * Which of an action's inputs an output is a hard link to: a command that hands on a big file links it, and the store,
 * whose own blob it is, neither copies nor reads it again.
 */
export function stagedLinks(root: string, files: readonly StagedFile[]): KnownLinks {
  let known: ReadonlyMap<string, StagedFile> | undefined;
  return (status) => {
    known ??= inodes(root, files);
    return known.get(inode(status));
  };
}

function inodes(root: string, files: readonly StagedFile[]): ReadonlyMap<string, StagedFile> {
  const found = new Map<string, StagedFile>();
  for (const file of files) {
    if (file.bytes.in !== 'store') continue;
    const status = lstatSync(join(root, file.path), { throwIfNoEntry: false });
    if (status !== undefined) found.set(inode(status), file);
  }
  return found;
}

const inode = ({ dev, ino }: { readonly dev: number; readonly ino: number }): string => `${dev} ${ino}`;
