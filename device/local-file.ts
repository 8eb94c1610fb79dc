import { stat } from 'node:fs/promises';
import { digestFile, FileChangedError } from '../cache/digest.ts';
import { errorCode, storageFailure } from '../cache/storage-failure.ts';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';

/** Bytes of a file that is to be pushed. Fails with `input-missing`. */
export async function localSize(path: string): Promise<Result<number>> {
  try {
    const found = await stat(path);
    if (found.isFile()) return ok(found.size);
    return fail({ kind: 'input-missing', path, message: `${path} is not a file, so it cannot be pushed` });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') return fail(storageFailure(path, error));
    return fail({ kind: 'input-missing', path, message: `${path} is to be pushed, but it is not there` });
  }
}

/** SHA-256 of a local file in hexadecimal, undefined when there is none. */
export async function localHash(path: string): Promise<Result<string | undefined>> {
  try {
    return ok((await digestFile(path)).hash);
  } catch (error) {
    if (error instanceof FileChangedError) return fail(inputChanged(path));
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? ok(undefined) : fail(storageFailure(path, error));
  }
}

/** The file is not what it was when the push was decided. */
export function inputChanged(path: string): Failure {
  return {
    kind: 'input-changed',
    path,
    message: `${path} changed while it was pushed: its content is not what was asked for`,
    hint: 'Run again when nothing else writes to it.',
  };
}
