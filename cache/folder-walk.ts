import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { compareBytes } from './byte-order.ts';
import { storageFailure } from './storage-failure.ts';

/**
 * The paths of all files below a folder, relative with `/`, sorted by bytes; empty folders give nothing.
 * Fails on what an artifact cannot hold: symbolic links, special files, names that aren't UTF-8.
 */
export async function filesBelow(folder: string): Promise<Result<string[]>> {
  const found: string[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const path = join(folder, at);
    try {
      for (const entry of await readdir(path, { withFileTypes: true, encoding: 'buffer' })) {
        const name = entry.name.toString();
        const inner = at === '' ? name : `${at}/${name}`;
        if (!isUtf8(entry.name)) return fail(refusal(join(folder, inner), 'its name is not UTF-8'));
        if (entry.isDirectory()) pending.push(inner);
        else if (entry.isFile()) found.push(inner);
        else if (entry.isSymbolicLink()) return fail(refusal(join(folder, inner), 'it is a symbolic link'));
        else return fail(refusal(join(folder, inner), 'it is a device, a pipe or a socket'));
      }
    } catch (error) {
      return fail(storageFailure(path, error));
    }
  }
  return ok(found.sort(compareBytes));
}

/** Why something cannot be part of an artifact. */
export function refusal(path: string, cause: string): Failure {
  return {
    kind: 'invalid-value',
    message: `${path} cannot be an output: ${cause}`,
    hint: 'An output is a file, or a folder that holds only files and folders.',
  };
}
