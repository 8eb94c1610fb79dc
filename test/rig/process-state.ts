import { readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended and that nobody has collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    // The state stands behind the name, which is in parentheses and may hold anything.
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
