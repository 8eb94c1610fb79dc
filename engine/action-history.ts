import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../cache/atomic-write.ts';
import type { ManifestEntry } from './explanation.ts';
import { ok, type Result } from './result.ts';

/** What is remembered of the last time that an action had a result. */
export interface HistoryEntry {
  readonly fingerprint: string;
  readonly manifest: readonly ManifestEntry[];
  /** How long its command took when it last really ran. */
  readonly seconds: number;
}

/**
 * The last manifest and duration of each action of one pipeline file, for `why` and for the order of work.
 * It explains and never decides: losing it loses no result.
 */
export class ActionHistory {
  private readonly file: string;
  private readonly entries: Map<string, HistoryEntry>;
  private changed = false;

  private constructor(file: string, entries: Map<string, HistoryEntry>) {
    this.file = file;
    this.entries = entries;
  }

  static async load(cacheRoot: string, pipelineFile: string): Promise<ActionHistory> {
    const name = createHash('sha256').update(pipelineFile).digest('hex').slice(0, 32);
    const file = join(cacheRoot, 'history', `${name}.json`);
    try {
      const parsed = JSON.parse(await readFile(file, 'utf8')) as Record<string, HistoryEntry>;
      return new ActionHistory(file, new Map(Object.entries(parsed)));
    } catch {
      // Not there yet, or damaged: both mean that nothing is remembered.
      return new ActionHistory(file, new Map());
    }
  }

  get(id: string): HistoryEntry | undefined {
    return this.entries.get(id);
  }

  record(id: string, entry: HistoryEntry): void {
    if (this.entries.get(id)?.fingerprint === entry.fingerprint) return;
    this.entries.set(id, entry);
    this.changed = true;
  }

  /** Writes what is new. */
  async save(): Promise<Result<void>> {
    if (!this.changed) return ok(undefined);
    const text = JSON.stringify(Object.fromEntries(this.entries));
    const written = await writeAtomically(this.file, Buffer.from(text));
    if (written.ok) this.changed = false;
    return written;
  }
}
