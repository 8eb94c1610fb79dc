import { chmod, lstat, rm, stat, utimes } from 'node:fs/promises';
import { fail, ok, type Result } from '../engine/result.ts';
import { type EvictionPlan, planEviction } from './eviction-plan.ts';
import { writeEstimate } from './size-estimate.ts';
import { errorCode, storageFailure } from './storage-failure.ts';
import { inventoryBytes, type StoredFile, type StoreInventory, takeInventory } from './store-inventory.ts';
import { heldLeases, leaseNames } from './store-lease.ts';

export interface CollectionRequest {
  readonly root: string;
  /** Given what the store holds, how much it may hold afterwards. */
  readonly untilBytes: (heldBytes: number) => Promise<number>;
  /** What others than actions use, such as records of whole builds: hashes of blobs or results, and when. */
  readonly furtherUses: FurtherUses;
  /** `plan` only says what would go. */
  readonly mode: 'remove' | 'plan';
}

/** Pairs of a blob's or a fingerprint's hash and when it was last used, in milliseconds since 1970. */
export type FurtherUses = () => Promise<Iterable<readonly [hash: string, usedMs: number]>>;

export interface CollectionReport {
  readonly results: number;
  /** Files, also those that had been moved aside. */
  readonly blobs: number;
  readonly freedBytes: number;
  readonly keptBytes: number;
  readonly untilBytes: number;
}

/**
 * Removes what serves nobody and the least recently used results until the store is small enough. Nothing that
 * a build used which is still running goes: leases say since when it runs. Fails with `storage-failed`.
 */
export async function collectStore(request: CollectionRequest): Promise<Result<CollectionReport>> {
  const { root, mode } = request;
  try {
    const leases = await leaseNames(root);
    const runningSinceMs = await runningSince(root);
    let inventory = await takeInventory(root);
    if (!inventory.ok) return inventory;
    if (mode === 'remove' && (await bringBack(inventory.value))) inventory = await takeInventory(root);
    if (!inventory.ok) return inventory;
    const untilBytes = await request.untilBytes(inventoryBytes(inventory.value));
    const nowMs = Date.now();
    const furtherUses = newestUses(await request.furtherUses());
    const plan = planEviction({ inventory: inventory.value, untilBytes, nowMs, runningSinceMs, furtherUses });
    if (mode === 'plan') return ok(reportOf(plan, untilBytes));
    const removed = await carryOut(root, plan, leases);
    const keptBytes = plan.keptBytes + plan.freedBytes - removed.freedBytes;
    await writeEstimate(root, keptBytes);
    return ok({ ...removed, keptBytes, untilBytes });
  } catch (error) {
    return fail(storageFailure(root, error));
  }
}

/**
 * When the oldest running build began. A lease from a time that lies ahead (the clock was set back under it)
 * protects everything.
 */
async function runningSince(root: string): Promise<number> {
  const leases = await heldLeases(root);
  if (leases.length === 0) return Number.POSITIVE_INFINITY;
  const newest = Math.max(...leases.map(({ sinceMs }) => sinceMs));
  if (newest > Date.now()) return Number.NEGATIVE_INFINITY;
  return Math.min(...leases.map(({ sinceMs }) => sinceMs));
}

function newestUses(pairs: Iterable<readonly [string, number]>): Map<string, number> {
  const newest = new Map<string, number>();
  for (const [hash, usedMs] of pairs) newest.set(hash, Math.max(usedMs, newest.get(hash) ?? 0));
  return newest;
}

function reportOf(
  { results, blobs, freedBytes, keptBytes }: EvictionPlan,
  untilBytes: number,
): CollectionReport {
  return { results: results.length, blobs: blobs.length, freedBytes, keptBytes, untilBytes };
}

/**
 * Results first: a crash in between leaves blobs that no result names, never the reverse. A build that began
 * after the plan was made may have found a result before it went, so its blobs then stay, for the next time.
 */
async function carryOut(
  root: string,
  plan: EvictionPlan,
  leases: readonly string[],
): Promise<Omit<CollectionReport, 'keptBytes' | 'untilBytes'>> {
  const known = new Set(leases);
  const report = { results: 0, blobs: 0, freedBytes: 0 };
  for (const part of ['results', 'blobs'] as const) {
    for (const file of plan[part]) {
      if (part === 'blobs' && (await leaseNames(root)).some((name) => !known.has(name))) return report;
      if (!(await removeUnchanged(file))) continue;
      report[part] += 1;
      report.freedBytes += file.diskBytes;
    }
  }
  return report;
}

/** Whether the file was as it had been when it was listed (a use or a link changes its inode), and is gone. */
async function removeUnchanged(file: StoredFile): Promise<boolean> {
  try {
    if ((await lstat(file.path)).ctimeMs !== file.changedMs) return false;
    await rm(file.path);
    return true;
  } catch (error) {
    // Another process collects as well.
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** How far ahead a time may lie before it is a clock's fault. */
const AHEAD_MS = 60 * 1000;

/**
 * Gives the present time to what bears one that lies ahead, because the clock was set back: it would count as
 * just used until the clock gets there. Changing an inode in any way moves its change time to now.
 * Says whether there was such a file.
 */
async function bringBack({ results, blobs, damaged, unreadable }: StoreInventory): Promise<boolean> {
  const nowMs = Date.now();
  const isAhead = (ms: number): boolean => ms > nowMs + AHEAD_MS;
  const used = results.filter(({ usedMs }) => isAhead(usedMs));
  for (const { path } of used) await utimes(path, nowMs / 1000, nowMs / 1000);
  const changed = [...blobs, ...damaged, ...unreadable].filter(({ changedMs }) => isAhead(changedMs));
  for (const { path } of changed) await chmod(path, (await stat(path)).mode & 0o777);
  return used.length + changed.length > 0;
}
