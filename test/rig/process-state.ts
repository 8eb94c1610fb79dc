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

/** Long enough for a busy machine; nothing waits for it but a test that fails. */
export const LIMIT_MILLISECONDS = 20_000;

/** Waits for something that another process does. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = Date.now() + LIMIT_MILLISECONDS;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`still not so after ${LIMIT_MILLISECONDS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
