import { readdirSync, readFileSync } from 'node:fs';

/** Commands that end sooner are not measured: what they take fits anywhere. */
const FIRST_SAMPLE_MILLISECONDS = 100;
const SAMPLE_MILLISECONDS = 500;

/**
 * Watches how much memory a process and its descendants take together. It is sampled, so a peak that is shorter
 * than half a second may be missed, unless one process has it alone: the kernel remembers that.
 */
export class PeakMemory {
  private readonly leader: number;
  private timer: NodeJS.Timeout;
  private peak = 0;

  constructor(leader: number) {
    this.leader = leader;
    this.timer = setTimeout(() => this.sample(), FIRST_SAMPLE_MILLISECONDS);
  }

  /** Ends the watch; the most bytes that were seen, undefined where nothing was. */
  stop(): number | undefined {
    clearTimeout(this.timer);
    return this.peak === 0 ? undefined : this.peak;
  }

  private sample(): void {
    let together = 0;
    for (const pid of descendants(this.leader)) {
      const status = read(`/proc/${pid}/status`);
      together += kilobytes(status, 'VmRSS');
      this.peak = Math.max(this.peak, kilobytes(status, 'VmHWM') * 1024);
    }
    this.peak = Math.max(this.peak, together * 1024);
    this.timer = setTimeout(() => this.sample(), SAMPLE_MILLISECONDS);
  }
}

/** A process and those that come from it, as far as the kernel tells. */
function descendants(leader: number): number[] {
  const found = [leader];
  for (const pid of found) {
    for (const thread of list(`/proc/${pid}/task`)) {
      for (const child of read(`/proc/${pid}/task/${thread}/children`).split(' ')) {
        if (child !== '') found.push(Number(child));
      }
    }
  }
  return found;
}

function kilobytes(status: string, name: string): number {
  const at = status.indexOf(`${name}:`);
  return at < 0 ? 0 : Number.parseInt(status.slice(at + name.length + 1), 10);
}

/** Empty for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
