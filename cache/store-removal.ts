import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../engine/result.ts';
import { storageFailure } from './storage-failure.ts';
import { heldLeases } from './store-lease.ts';

/**
 * What of the store's folder goes, results before the blobs that they name. Environments and the emulator's
 * folder stay: they cost a download to make again.
 */
const STORE_PARTS = [
  'records',
  'ac',
  'cas',
  'history',
  'work',
  'tmp',
  'leases',
  'size',
  'stat-memo.json',
] as const;

/**
 * Removes all results and blobs and gives the paths that were there. Fails with `storage-failed`: with the
 * code `EBUSY`, and nothing removed, while a build works on the store.
 */
export async function removeStore(root: string): Promise<Result<readonly string[]>> {
  const [running] = await heldLeases(root);
  if (running !== undefined) {
    return fail({
      kind: 'storage-failed',
      path: root,
      code: 'EBUSY',
      message: `${root} is in use by a running build (process ${running.pid})`,
      hint: 'Wait for it or end it, then run the same command again.',
    });
  }
  const removed: string[] = [];
  for (const part of STORE_PARTS) {
    const path = join(root, part);
    if (!existsSync(path)) continue;
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      return fail(storageFailure(path, error));
    }
    removed.push(path);
  }
  return ok(removed);
}
