import { readFileSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Artifact, artifactDigests } from '../cache/artifact.ts';
import { storageFailure, writeAtomically } from '../cache/atomic-write.ts';
import { digestBytes } from '../cache/digest.ts';
import type { ManifestEntry } from './explanation.ts';
import { type HistoryLine, type ParsedLine, parseLine, resultLine } from './history-line.ts';
import { HistoryText } from './history-text.ts';
import { fail, ok, type Result } from './result.ts';

/** What decided a result: the manifest, and the actions that made its inputs. */
export interface Identity {
  readonly fingerprint: string;
  readonly manifest: readonly ManifestEntry[];
  /** The fingerprint of each action that it depends on, by id. */
  readonly sources: Readonly<Record<string, string>>;
}

/** What is remembered of an action's result. */
export interface HistoryEntry extends Identity {
  /** How long its command took when it really ran. */
  readonly seconds: number;
  /** The most memory that its command and what it started took; unknown where it was too quick. */
  readonly peakMemoryBytes?: number | undefined;
  /** What it gave, by output path. */
  readonly outputs: Readonly<Record<string, Artifact>>;
  /** When its command was started, in milliseconds since 1970; unknown where another build ran it. */
  readonly startedAt?: number | undefined;
}

/** The last time that an action failed, if it has had no result since. */
export interface HistoryFailure {
  readonly fingerprint: string;
  readonly startedAt: number;
  readonly seconds: number;
  readonly message: string;
}

export interface FoundEntry {
  readonly id: string;
  readonly entry: HistoryEntry;
}

/** Results that are no longer an action's last are kept up to this many bytes, or as many as the last ones take. */
const PAST_BYTES = 8 * 1024 * 1024;

/** So many answers are searched for; whoever asks for more is served by an index of all lines. */
const SEARCHES = 24;

/**
 * The results and failures of the actions of one pipeline file: for `why`, the order of work, and provenance.
 * It explains and never decides: losing it loses no result. Nothing is read before something is asked, and
 * new lines are added to the end of the file, so that a build that has nothing to tell costs nothing.
 */
export class ActionHistory {
  readonly file: string;
  /** The last result of each action, by id. */
  private readonly last = new Map<string, HistoryEntry>();
  /** Every result that is known, by id and fingerprint, the older ones first. */
  private readonly results = new Map<string, HistoryLine>();
  private readonly failures = new Map<string, HistoryFailure>();
  private unsaved: string[] = [];
  private text: HistoryText | undefined;
  private searches = 0;
  private indexed = false;
  private endsInNewline = true;
  private lines = 0;

  private constructor(file: string) {
    this.file = file;
  }

  static open(cacheRoot: string, pipelineFile: string): ActionHistory {
    const name = digestBytes(Buffer.from(pipelineFile)).hash.slice(0, 32);
    return new ActionHistory(join(cacheRoot, 'history', `${name}.log`));
  }

  /** A history by its own file, such as that of another pipeline that uses the same store. */
  static at(file: string): ActionHistory {
    return new ActionHistory(file);
  }

  get(id: string): HistoryEntry | undefined {
    return this.searched()?.last(id) ?? this.last.get(id);
  }

  /** The last failure of an action, unless it has had a result since. */
  failure(id: string): HistoryFailure | undefined {
    return this.searched()?.failure(id) ?? this.failures.get(id);
  }

  /** What an action gave under a fingerprint, be it its last or an earlier one. */
  result(id: string, fingerprint: string): HistoryEntry | undefined {
    return this.searched()?.result(id, fingerprint) ?? this.results.get(resultKey(id, fingerprint));
  }

  /** The results whose fingerprint starts with these digits, newest first. */
  withFingerprint(start: string): readonly FoundEntry[] {
    this.index();
    return [...this.results.values()]
      .filter(({ fingerprint }) => fingerprint.startsWith(start))
      .map((entry) => ({ id: entry.id, entry }))
      .reverse();
  }

  /** The results that hold a file of this content, newest first. */
  makersOf(hash: string): readonly FoundEntry[] {
    this.index();
    return [...this.results.values()]
      .filter((line) => line.mentions(hash) && Object.values(line.outputs).some((one) => holds(one, hash)))
      .map((entry) => ({ id: entry.id, entry }))
      .reverse();
  }

  record(id: string, entry: HistoryEntry): void {
    const known = this.result(id, entry.fingerprint);
    const same = this.get(id)?.fingerprint === entry.fingerprint && this.failure(id) === undefined;
    // Run again under the same fingerprint (its result was lost), it may have given something else.
    if (same && entry.startedAt === undefined) return;
    const again = known !== undefined && entry.startedAt === undefined;
    this.add(again ? settledLine(id, entry.fingerprint) : resultLine(id, entry));
  }

  recordFailure(id: string, failure: HistoryFailure): void {
    this.add(['F', JSON.stringify(id), JSON.stringify(failure)].join('\t'));
  }

  /** Adds what is new to the file; writes it anew when most of it is past. Fails with `storage-failed`. */
  async save(): Promise<Result<void>> {
    if (this.unsaved.length === 0) return ok(undefined);
    const text = `${this.endsInNewline ? '' : '\n'}${this.unsaved.join('\n')}\n`;
    this.unsaved = [];
    if (this.isMostlyPast()) return writeAtomically(this.file, this.compacted());
    try {
      await mkdir(dirname(this.file), { recursive: true });
      await appendFile(this.file, text);
      this.endsInNewline = true;
      return ok(undefined);
    } catch (error) {
      return fail(storageFailure(this.file, error));
    }
  }

  private add(line: string): void {
    this.unsaved.push(line);
    if (this.indexed) this.take(line);
    else this.opened().add(line);
  }

  /** What answers one more question by searching; undefined once everything is indexed. */
  private searched(): HistoryText | undefined {
    this.searches += 1;
    if (this.searches > SEARCHES) this.index();
    return this.indexed ? undefined : this.opened();
  }

  private opened(): HistoryText {
    if (this.text !== undefined) return this.text;
    const bytes = readIfThere(this.file);
    this.endsInNewline = bytes.length === 0 || bytes.at(-1) === NEWLINE;
    this.text = new HistoryText(bytes);
    return this.text;
  }

  private index(): void {
    if (this.indexed) return;
    const text = this.opened();
    for (const line of text.lines()) if (line !== '') this.take(line);
    this.indexed = true;
    this.text = undefined;
  }

  /** Known without reading every line only where the file has become very long. */
  private isMostlyPast(): boolean {
    if ((this.text?.bytes.length ?? 0) > 4 * PAST_BYTES) this.index();
    return this.indexed && this.lines > 2 * this.last.size + 1000;
  }

  private take(text: string): void {
    const line: ParsedLine | undefined = parseLine(text);
    // A line that a full disk or a power cut has cut off explains nothing.
    if (line === undefined) return;
    this.lines += 1;
    if (line.type === 'failed') {
      this.failures.set(line.id, line.failure);
      return;
    }
    const key = resultKey(line.id, line.type === 'result' ? line.result.fingerprint : line.fingerprint);
    const result = line.type === 'result' ? line.result : this.results.get(key);
    if (result === undefined) return;
    // Put at the end again: the order is that of the last use.
    this.results.delete(key);
    this.results.set(key, result);
    this.last.set(line.id, result);
    this.failures.delete(line.id);
  }

  /** The file without what is past its share: the oldest results that are nobody's last go first. */
  private compacted(): string {
    const live = new Set<HistoryEntry>(this.last.values());
    const lines: string[] = [];
    let liveBytes = 0;
    for (const result of this.results.values()) if (live.has(result)) liveBytes += result.text.length;
    let room = Math.max(PAST_BYTES, liveBytes);
    for (const result of [...this.results.values()].reverse()) {
      if (!live.has(result)) room -= result.text.length;
      if (live.has(result) || room > 0) lines.push(result.text);
    }
    lines.reverse();
    // The last line of an action is its last result; an older one may have been used again since.
    for (const [id, failure] of this.failures)
      lines.push(['F', JSON.stringify(id), JSON.stringify(failure)].join('\t'));
    return `${lines.join('\n')}\n`;
  }
}

/** Nothing is remembered where there is no file yet. */
function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

const NEWLINE = 0x0a;

const resultKey = (id: string, fingerprint: string): string => `${fingerprint} ${id}`;

const settledLine = (id: string, fingerprint: string): string =>
  ['S', JSON.stringify(id), fingerprint].join('\t');

function holds(artifact: Artifact, hash: string): boolean {
  return artifactDigests(artifact).some((digest) => digest.hash === hash);
}
