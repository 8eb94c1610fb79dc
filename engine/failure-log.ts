import { join } from 'node:path';
import { writeAtomically } from '../cache/atomic-write.ts';
import { digestBytes } from '../cache/digest.ts';

/** What a command wrote is kept in memory up to this many lines, the last ones, until it is known how it ends. */
const KEPT_LINES = 50_000;

/** The lines of a command that may fail; the log of one that succeeds goes into the store instead. */
export class FailureLog {
  private lines: string[] = [];
  private dropped = 0;

  add(line: string): void {
    this.lines.push(line);
    if (this.lines.length < 2 * KEPT_LINES) return;
    this.dropped += this.lines.length - KEPT_LINES;
    this.lines = this.lines.slice(-KEPT_LINES);
  }

  /** Keeps the lines beside the history, in place of those of the action's failure before; gives the place. */
  async keep(historyFile: string, action: string): Promise<string | undefined> {
    const path = failureLogPath(historyFile, action);
    const head = this.dropped === 0 ? [] : [`… ${this.dropped} lines before these were not kept`];
    const text = [...head, ...this.lines].map((line) => `${line}\n`).join('');
    // On a full disk there is no log; the failure itself has the last lines.
    return (await writeAtomically(path, text)).ok ? path : undefined;
  }
}

/** Where the log of an action's last failure lies. */
export function failureLogPath(historyFile: string, action: string): string {
  const name = digestBytes(Buffer.from(action)).hash.slice(0, 32);
  return join(historyFile.replace(/\.log$/, '.failed'), `${name}.txt`);
}
