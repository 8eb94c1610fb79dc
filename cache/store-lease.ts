import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readlinkSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { bootId } from './boot-id.ts';
import { isRunning } from './running-process.ts';

/** What a lease's file says of the process that holds it. */
interface Holder {
  /** The machine and the process namespace in which the number means something. */
  readonly place: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot: numbers of processes are used again. */
  readonly born: string;
  /** When the lease was taken, milliseconds since 1970. */
  readonly sinceMs: number;
}

const HEARTBEAT_MS = 5 * 60 * 1000;
/** A holder that cannot be looked up (another container, another machine) is taken to be gone after this. */
const SILENT_MS = 60 * 60 * 1000;

/**
 * Says that this process works on the store: whatever it used since the lease was taken is not collected. One
 * small file in `leases/`; a store that cannot be written gives a lease without one, since nobody can collect it.
 */
export class StoreLease {
  readonly sinceMs = Date.now();
  private readonly path: string;
  private heartbeat: NodeJS.Timeout | undefined;

  private constructor(root: string) {
    this.path = join(leaseFolder(root), `${process.pid}-${randomBytes(4).toString('hex')}.json`);
  }

  /** Never fails. Synchronous, because it is in the way of every build and takes a fifth of a millisecond. */
  static take(root: string): StoreLease {
    const lease = new StoreLease(root);
    try {
      mkdirSync(leaseFolder(root), { recursive: true });
      const holder: Holder = {
        place: ownPlace(),
        pid: process.pid,
        born: birth('self'),
        sinceMs: lease.sinceMs,
      };
      writeFileSync(lease.path, JSON.stringify(holder));
    } catch {
      return lease;
    }
    lease.heartbeat = setInterval(() => lease.renew(), HEARTBEAT_MS);
    lease.heartbeat.unref();
    return lease;
  }

  /** Never fails. */
  release(): void {
    clearInterval(this.heartbeat);
    try {
      rmSync(this.path, { force: true });
    } catch {
      // It ends with this process anyway.
    }
  }

  private renew(): void {
    try {
      utimesSync(this.path, new Date(), new Date());
    } catch {
      // `clear` removed it, or the disk went away; the build will say so where it matters.
    }
  }
}

/** A build that works on the store. */
export type HeldLease = Pick<Holder, 'pid' | 'sinceMs'>;

/** The leases that are still held. Those of processes that are gone are removed. */
export async function heldLeases(root: string): Promise<HeldLease[]> {
  const held: HeldLease[] = [];
  for (const name of await leaseNames(root)) {
    const path = join(leaseFolder(root), name);
    const holder = await readHolder(path);
    if (holder !== undefined && (await isHeld(path, holder))) held.push(holder);
    else await rm(path, { force: true }).catch(() => undefined);
  }
  return held;
}

/** The names of all leases, held or not: a name that was not there before is a build that has just started. */
export async function leaseNames(root: string): Promise<string[]> {
  return readdir(leaseFolder(root)).catch(() => []);
}

const leaseFolder = (root: string): string => join(root, 'leases');

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isHolder(value)) return value;
  } catch {
    // Below.
  }
  return fresh(path);
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { place, pid, born, sinceMs } = value as Record<string, unknown>;
  return (
    typeof place === 'string' &&
    typeof born === 'string' &&
    Number.isSafeInteger(pid) &&
    typeof sinceMs === 'number'
  );
}

/** A file without sense may be one that is just being written: its holder is then whoever that is. */
async function fresh(path: string): Promise<Holder | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined || Date.now() - status.mtimeMs > HEARTBEAT_MS) return undefined;
  return { place: '', pid: 0, born: '', sinceMs: status.mtimeMs };
}

async function isHeld(path: string, holder: Holder): Promise<boolean> {
  if (holder.place === ownPlace()) {
    const born = birth(holder.pid);
    return born === '' ? isRunning(holder.pid) : born === holder.born;
  }
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs < SILENT_MS;
}

function ownPlace(): string {
  try {
    return `${hostname()} ${bootId()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** The 22nd field of `/proc/<pid>/stat` (proc(5)); empty where there is no such process, or no `/proc`. */
function birth(pid: number | 'self'): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, and may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
