import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];
const mounted: string[] = [];

process.on('exit', () => {
  for (const folder of mounted) execFileSync('umount', ['-l', folder]);
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder for one test; gone when the process ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rwkv-build-test-'));
  made.push(folder);
  return folder;
}

/** A file system of this many kilobytes of its own, or `undefined` where mounting is not permitted. */
export function scratchDisk(kilobytes: number): string | undefined {
  const folder = scratchFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  mounted.push(folder);
  return folder;
}

/** Nothing can be written to the disk from now on, not even by root. */
export function makeReadOnly(disk: string): void {
  execFileSync('mount', ['-o', 'remount,ro', disk]);
}
