import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageFailure } from '../../cache/storage-failure.ts';
import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';

/**
 * Makes a folder once and keeps it. It is made under another name and renamed, so a killed or concurrent build
 * never leaves half of one. `make` fills the folder that it is given, which may not be there yet.
 */
export async function keptFolder(
  folder: string,
  make: (temporary: string) => Promise<Failure | undefined>,
): Promise<Result<string, Failure>> {
  if (existsSync(folder)) return ok(folder);
  const temporary = `${folder}.${process.pid}.tmp`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    const failure = await make(temporary);
    if (failure !== undefined) return fail(failure);
    // Another build may have been faster; its folder is the same.
    if (!existsSync(folder)) await rename(temporary, folder);
    return ok(folder);
  } catch (error) {
    return fail(storageFailure(folder, error));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
