import { statfsSync } from 'node:fs';

/** `f_type` of file systems that take their times from this machine's kernel (statfs(2), linux/magic.h). */
const LOCAL_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
]);

/** The kernel's coarse clock ticks every 10 ms at the slowest; with room for a slow machine. */
const LOCAL_MS = 50;
/** FAT counts in steps of two seconds, and a file server has a clock of its own. */
const FOREIGN_MS = 2000;

const localDevices = new Map<number, boolean>();

/** For how long after a write another one may leave a file's times as they are, in milliseconds. */
export function clockGrain(
  path: string,
  stats: { readonly dev: number; readonly mtimeMs: number; readonly ctimeMs: number },
): number {
  // Old ext file systems keep whole seconds only.
  const whole = stats.mtimeMs % 1000 === 0 || stats.ctimeMs % 1000 === 0;
  return !whole && isLocal(path, stats.dev) ? LOCAL_MS : FOREIGN_MS;
}

function isLocal(path: string, device: number): boolean {
  let local = localDevices.get(device);
  if (local === undefined) {
    try {
      local = LOCAL_FILE_SYSTEMS.has(statfsSync(path).type);
    } catch {
      local = false;
    }
    localDevices.set(device, local);
  }
  return local;
}
