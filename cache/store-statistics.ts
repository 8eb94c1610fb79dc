import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type Result } from '../engine/result.ts';
import { diskSpace, type LimitSetting, limitBytes } from './cache-limit.ts';
import { inventoryBytes, onDisk, takeInventory } from './store-inventory.ts';
import { heldLeases } from './store-lease.ts';

export interface StoreStatistics {
  readonly blobs: number;
  readonly results: number;
  /** Of all that counts for the limit. */
  readonly bytes: number;
  /** `Infinity` when there is none. */
  readonly limitBytes: number;
  readonly diskFreeBytes: number;
  /** Milliseconds since 1970; absent in an empty store. */
  readonly oldestUseMs?: number;
  /** Files that were moved aside because they were damaged. */
  readonly damaged: number;
  readonly buildsRunning: number;
  /** What is never collected: Python packages and other fetched tools, the emulated device. */
  readonly environmentBytes: number;
  readonly emulatorBytes: number;
}

/** What the store holds, for `cache stats`. Fails with `storage-failed`. */
export async function storeStatistics(root: string, limit: LimitSetting): Promise<Result<StoreStatistics>> {
  const inventory = await takeInventory(root);
  if (!inventory.ok) return inventory;
  const { blobs, results, damaged } = inventory.value;
  const bytes = inventoryBytes(inventory.value);
  const disk = await diskSpace(await existing(root));
  const uses = results.map(({ usedMs }) => usedMs);
  return ok({
    blobs: blobs.length,
    results: results.length,
    bytes,
    limitBytes: limitBytes(limit, disk, bytes),
    diskFreeBytes: disk.free,
    ...(uses.length === 0 ? {} : { oldestUseMs: uses.reduce((a, b) => Math.min(a, b)) }),
    damaged: damaged.length,
    buildsRunning: (await heldLeases(root)).length,
    environmentBytes: await bytesBelow(join(root, 'environments')),
    emulatorBytes: await bytesBelow(join(root, 'emulator')),
  });
}

/** The folder, or the nearest above it that is there: it lies on the same disk. */
async function existing(folder: string): Promise<string> {
  const there = await lstat(folder).catch(() => undefined);
  return there === undefined ? existing(join(folder, '..')) : folder;
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let sum = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const status = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    sum += onDisk(status?.size ?? 0);
  }
  return sum;
}
