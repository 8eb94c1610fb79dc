import { statfs } from 'node:fs/promises';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';

const GB = 1e9;
/** The share of the disk that the store may take by itself, */
const DISK_SHARE = 0.2;
/** on a small disk this much, */
const LEAST_BYTES = 10 * GB;
/** as long as this much of the disk, or a twentieth where that is less, stays free. */
const RESERVE_BYTES = 10 * GB;
const RESERVE_SHARE = 0.05;
/** A disk that others filled to the brim still leaves the store this much: less would make it useless. */
const FLOOR_BYTES = 1 * GB;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** How many bytes the store may hold: a number, `Infinity` for no limit, or `default` for a share of the disk. */
export type LimitSetting = number | 'default';

/** What `RWKV_BUILD_CACHE_LIMIT` asks for; unset or empty is `default`. Fails with `invalid-value`. */
export function limitSetting(
  environment: Readonly<Record<string, string | undefined>>,
): Result<LimitSetting, Failure> {
  const text = environment.RWKV_BUILD_CACHE_LIMIT;
  if (text === undefined || text === '') return ok('default');
  return parseLimit(text, 'RWKV_BUILD_CACHE_LIMIT');
}

/** Bytes (`20000000000`), a size (`20GB`, `1.5 TiB`) or `none`. Fails with `invalid-value`, naming `origin`. */
export function parseLimit(text: string, origin: string): Result<number, Failure> {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === 'none') return ok(Number.POSITIVE_INFINITY);
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(trimmed);
  const unit = UNITS[(parts?.[2] ?? '?').toUpperCase()];
  if (parts === null || unit === undefined) {
    return fail({
      kind: 'invalid-value',
      message: `${origin}: \`${text}\` is not a size`,
      hint: 'Give bytes, a size such as 20GB or 1.5TiB, or none.',
    });
  }
  return ok(Math.floor(Number(parts[1]) * unit));
}

/** What the disk under a folder holds, in bytes. */
export interface DiskSpace {
  readonly total: number;
  /** What a user without privileges can still write. */
  readonly free: number;
}

/** Rejects with node's error when the folder is not there. */
export async function diskSpace(folder: string): Promise<DiskSpace> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return { total: blocks * bsize, free: bavail * bsize };
}

/**
 * The limit in bytes. By default a fifth of the disk and at least 10 GB, but never so much that a full store
 * leaves less than 10 GB (5 % of a small disk) free; where others have filled the disk, 1 GB.
 */
export function limitBytes(setting: LimitSetting, disk: DiskSpace, storeBytes: number): number {
  if (setting !== 'default') return setting;
  const share = Math.max(LEAST_BYTES, disk.total * DISK_SHARE);
  const reserve = Math.min(RESERVE_BYTES, disk.total * RESERVE_SHARE);
  return Math.floor(Math.max(FLOOR_BYTES, Math.min(share, storeBytes + disk.free - reserve)));
}
