import { type BigIntStats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { replaceFile } from './atomic-write.ts';
import { type Digest, FileChangedError, isHash } from './digest.ts';
import { type FileStamp, isSettled, stampOf } from './file-stamp.ts';
import { Gate } from './gate.ts';
import { BIG_FILE_BYTES, digestBySize } from './hash-threads.ts';
import { errorCode, storageFailure } from './storage-failure.ts';

/** What a file looked like when it was hashed, and its digest. Big numbers are text: JSON would round them. */
interface Entry {
  readonly size: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly inode: string;
  readonly hash: string;
  /** Days since 1970; a day is exact enough and an idle build then needs no writing. */
  usedOnDay: number;
}

const FORMAT = 1;
const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_DAYS = 30;
const KEPT_ENTRIES = 200_000;
/** Each reading holds a 4 MiB buffer and a file; more at once don't make a disk faster. */
const READS_AT_A_TIME = 4;

/**
 * Digests of the user's files, without reading again those whose size, times and inode are as they were.
 * One object serves one process; what it learnt is kept by `save`.
 */
export class StatMemo {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;
  readonly #running = new Map<string, Promise<Result<Digest>>>();
  readonly #reads = new Gate(READS_AT_A_TIME);
  #changed = false;

  private constructor(file: string, entries: Map<string, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** Reads what an earlier process saved. Nothing there, or nothing that makes sense, is an empty memo. */
  static async load(file: string): Promise<StatMemo> {
    try {
      return new StatMemo(file, decode(await readFile(file, 'utf8')));
    } catch {
      return new StatMemo(file, new Map());
    }
  }

  /**
   * The digest of a file (symbolic links followed). Asked for the same path at the same time, one reading
   * serves all. Fails with `input-missing` (not there, not a file, not readable), `input-changed` (written to
   * while it was read) or `storage-failed`.
   */
  digestOf(path: string): Promise<Result<Digest>> {
    const absolute = resolve(path);
    const running = this.#running.get(absolute);
    if (running !== undefined) return running;
    const started = this.#lookUp(absolute).finally(() => this.#running.delete(absolute));
    this.#running.set(absolute, started);
    return started;
  }

  /**
   * The stamp of a file whose digest is known, for as long as it looks as it did when it was hashed. Undefined
   * when that cannot be told.
   */
  stampOf(path: string): FileStamp | undefined {
    const known = this.#entries.get(resolve(path));
    // Taken before the comparison: a write between the two makes the stamp the old one, which is then not found.
    const stamp = known === undefined ? undefined : stampOf(path);
    if (known === undefined || stamp === undefined) return undefined;
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    return now !== undefined && describes(known, now) ? stamp : undefined;
  }

  /** Remembers the digest of a file that was just put at `path` whole, with content that is known. */
  learn(path: string, digest: Digest): void {
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (now === undefined || Number(now.size) !== digest.size) return;
    this.#entries.set(resolve(path), entryOf(now, digest.hash));
    this.#changed = true;
  }

  /**
   * Writes the memo where it was loaded from, when it learnt something. Fails with `storage-failed`. Nothing is
   * flushed: what a power cut leaves of it is no JSON, and costs one more reading of the files.
   */
  save(): Result<void> {
    if (!this.#changed) return ok(undefined);
    const written = replaceFile(this.#file, encode(this.#entries, today()));
    if (written.ok) this.#changed = false;
    return written;
  }

  async #lookUp(path: string): Promise<Result<Digest>> {
    try {
      // Synchronous: where there are thousands of files, a promise for each costs more than the look.
      const before = statSync(path, { bigint: true });
      if (!before.isFile()) return fail(notAFile(path, before));
      const known = this.#entries.get(path);
      if (known !== undefined && describes(known, before)) {
        this.#markUsed(known);
        return ok({ hash: known.hash, size: known.size });
      }
      // Big files queue for a thread each, and must not keep small ones waiting.
      if (before.size >= BIG_FILE_BYTES) return ok(await this.#hash(path));
      return ok(await this.#reads.run(() => this.#hash(path)));
    } catch (error) {
      return fail(readFailure(path, error));
    }
  }

  async #hash(path: string): Promise<Digest> {
    const begin = Date.now();
    const before = await stat(path, { bigint: true });
    const digest = await digestBySize(path, Number(before.size));
    const after = await stat(path, { bigint: true });
    const entry = entryOf(after, digest.hash);
    // Another file may have been renamed into the place: then it isn't known which of them was read.
    if (!describes(entry, before)) throw new FileChangedError(path);
    // What was written after the reading began must show: how long the reading took says nothing.
    if (isSettled(path, inMilliseconds(after), begin)) {
      this.#entries.set(path, entry);
      this.#changed = true;
    } else if (this.#entries.delete(path)) {
      this.#changed = true;
    }
    return digest;
  }

  #markUsed(entry: Entry): void {
    if (entry.usedOnDay === today()) return;
    entry.usedOnDay = today();
    this.#changed = true;
  }
}

function today(): number {
  return Math.floor(Date.now() / DAY_MS);
}

function entryOf(stats: BigIntStats, hash: string): Entry {
  return {
    size: Number(stats.size),
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
    inode: String(stats.ino),
    hash,
    usedOnDay: today(),
  };
}

function describes(entry: Entry, stats: BigIntStats): boolean {
  return (
    BigInt(entry.size) === stats.size &&
    entry.mtimeNs === String(stats.mtimeNs) &&
    entry.ctimeNs === String(stats.ctimeNs) &&
    entry.inode === String(stats.ino)
  );
}

function inMilliseconds(stats: BigIntStats): { dev: number; mtimeMs: number; ctimeMs: number } {
  const { dev, mtimeNs, ctimeNs } = stats;
  return { dev: Number(dev), mtimeMs: Number(mtimeNs) / 1e6, ctimeMs: Number(ctimeNs) / 1e6 };
}

function notAFile(path: string, stats: BigIntStats): Failure {
  const what = stats.isDirectory() ? 'a folder' : 'a special file (a device, pipe or socket)';
  return { kind: 'input-missing', path, message: `${path} should be a file and is ${what}` };
}

function readFailure(path: string, error: unknown): Failure {
  if (error instanceof FileChangedError) {
    return {
      kind: 'input-changed',
      path,
      message: `${path} changed while it was read`,
      hint: 'Wait until whatever writes it is done, then run the build again.',
    };
  }
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'input-missing', path, message: `${path} is not there` };
    case 'EACCES':
      return { kind: 'input-missing', path, message: `${path} cannot be read: permission is denied` };
    case 'ELOOP':
      return { kind: 'input-missing', path, message: `${path} is a symbolic link that leads in a circle` };
    default:
      return storageFailure(path, error);
  }
}

type Row = [
  path: string,
  size: number,
  mtime: string,
  ctime: string,
  inode: string,
  hash: string,
  day: number,
];

/** One row a line: compact, and the file can still be read by eye and by `grep`. */
function encode(entries: ReadonlyMap<string, Entry>, day: number): string {
  const kept = [...entries].filter(([, entry]) => day - entry.usedOnDay <= KEPT_DAYS);
  if (kept.length > KEPT_ENTRIES) kept.sort(([, a], [, b]) => b.usedOnDay - a.usedOnDay);
  const rows = kept
    .slice(0, KEPT_ENTRIES)
    .map(([path, e]): Row => [path, e.size, e.mtimeNs, e.ctimeNs, e.inode, e.hash, e.usedOnDay]);
  return `{"format":${FORMAT},"entries":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`;
}

function decode(text: string): Map<string, Entry> {
  const { format, entries } = JSON.parse(text) as { format?: unknown; entries?: unknown };
  if (format !== FORMAT || !Array.isArray(entries)) return new Map();
  return new Map(
    entries.filter(isRow).map(([path, size, mtimeNs, ctimeNs, inode, hash, usedOnDay]) => {
      return [path, { size, mtimeNs, ctimeNs, inode, hash, usedOnDay }];
    }),
  );
}

function isRow(value: unknown): value is Row {
  if (!Array.isArray(value) || value.length !== 7) return false;
  const [path, size, mtime, ctime, inode, hash, day] = value as unknown[];
  const texts = [path, mtime, ctime, inode].every((part) => typeof part === 'string');
  return texts && Number.isSafeInteger(size) && isHash(hash) && Number.isSafeInteger(day);
}
