import { type Stats, statSync } from 'node:fs';
import { clockGrain } from './clock-grain.ts';

/**
 * What a file or folder looked like: bytes, modification and change time in milliseconds, inode. A content that
 * changed shows in it, unless the file was still being written to when the stamp was taken: see `settledStamp`.
 */
export type FileStamp = readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];

const NO_ERROR = { throwIfNoEntry: false } as const;

/** Synchronous: an idle build looks at thousands of files, and a promise for each costs more than the look. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, NO_ERROR);
  } catch {
    // A file in the middle of the path, no permission, a link that leads in a circle.
    return undefined;
  }
}

/** The stamp of what is at a path (symbolic links followed), undefined when nothing can be seen there. */
export function stampOf(path: string): FileStamp | undefined {
  const stats = look(path);
  return stats === undefined ? undefined : [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino];
}

/** Whether a path still looks as it did (symbolic links followed). */
export function isStamped(path: string, stamp: FileStamp): boolean {
  const stats = look(path);
  return (
    stats !== undefined &&
    stats.size === stamp[0] &&
    stats.mtimeMs === stamp[1] &&
    stats.ctimeMs === stamp[2] &&
    stats.ino === stamp[3]
  );
}

/**
 * The stamp of what is at a path, if every later write must show in it. Undefined when nothing can be seen
 * there, and when it was written so shortly before `now` (milliseconds) that the clock of its file system may
 * not have ticked since.
 */
export function settledStamp(path: string, now = Date.now()): FileStamp | undefined {
  const stats = look(path);
  if (stats === undefined) return undefined;
  const { size, mtimeMs, ctimeMs, ino } = stats;
  return isSettled(path, stats, now) ? [size, mtimeMs, ctimeMs, ino] : undefined;
}

/**
 * Whether any write after `now` must show in the times. The change time is the one that nobody can set; it is
 * also distrusted when it lies in the future, because the clock was then set back. A modification time far in
 * the future is harmless.
 */
export function isSettled(
  path: string,
  stats: { readonly dev: number; readonly mtimeMs: number; readonly ctimeMs: number },
  now: number,
): boolean {
  const grain = clockGrain(path, stats);
  const age = now - stats.mtimeMs;
  return now - stats.ctimeMs > grain && (age > grain || age < -grain);
}
