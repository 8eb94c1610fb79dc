import { readdirSync, readFileSync } from 'node:fs';

/** A process that is told to end may start another one meanwhile: it is looked for again this often. */
const ROUNDS = 5;

/** The families whose command has not ended yet. */
const running = new Set<ProcessFamily>();

/**
 * A command's process and everything that it started: its process group, and what left the group with `setsid`
 * but still has the command's mark in its environment. What also cleared its environment is out of reach; the
 * strict sandbox reaches it.
 */
export class ProcessFamily {
  private readonly leader: number;
  private readonly mark: string | undefined;

  /** `leader` is a process with a group of its own. Without a mark only that group is the family. */
  constructor(leader: number, mark: string | undefined) {
    this.leader = leader;
    this.mark = mark;
    if (running.size === 0) process.once('exit', endRunningFamilies);
    running.add(this);
  }

  signal(signal: NodeJS.Signals): void {
    send(-this.leader, signal);
    for (const pid of this.strays()) send(pid, signal);
  }

  /** Kills whatever is left after the command has ended; afterwards this family is no more. */
  clear(): void {
    send(-this.leader, 'SIGKILL');
    killUntilNone(() => this.strays());
    running.delete(this);
    if (running.size === 0) process.off('exit', endRunningFamilies);
  }

  /** Kills all of it, now. */
  kill(): void {
    this.signal('SIGKILL');
    killUntilNone(() => this.strays());
  }

  private strays(): number[] {
    return this.mark === undefined ? [] : markedProcesses(this.mark, this.leader);
  }
}

/** Kills every command that runs and what it started: the program itself is about to end. */
export function endRunningFamilies(): void {
  for (const family of running) family.kill();
}

/** Kills what was started by a build that is gone itself. */
export function killMarked(mark: string): void {
  killUntilNone(() => markedProcesses(mark, 0));
}

function killUntilNone(find: () => readonly number[]): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = find();
    if (found.length === 0) return;
    for (const pid of found) send(pid, 'SIGKILL');
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it has ended already, which is what was wanted.
  }
}

/**
 * The processes with a text in their environment, of those that were started after `leader`. Where no process
 * was, this is one short read. Empty on systems without /proc.
 */
function markedProcesses(mark: string, leader: number): number[] {
  let names: string[];
  let oldest = leader;
  try {
    const newest = Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1));
    if (newest === leader) return [];
    // The numbers have begun anew from 1: then they say nothing about age.
    if (newest < leader) oldest = 0;
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  const found: number[] = [];
  for (const name of names) {
    const pid = Number(name);
    if (pid > oldest && pid !== process.pid && environmentOf(pid).includes(mark)) found.push(pid);
  }
  return found;
}

/** Empty for a process that is gone, has ended and waits to be collected, or is another user's. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
