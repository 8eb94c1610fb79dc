import { BlobStore } from '../../cache/blob-store.ts';
import {
  diskSpace,
  type LimitSetting,
  limitBytes,
  limitSetting,
  parseLimit,
} from '../../cache/cache-limit.ts';
import { cacheRoot } from '../../cache/cache-root.ts';
import { collectStore } from '../../cache/store-collection.ts';
import { removeStore } from '../../cache/store-removal.ts';
import { type StoreStatistics, storeStatistics } from '../../cache/store-statistics.ts';
import type { Failure } from '../../engine/failure.ts';
import { recordedUses } from '../../engine/record-uses.ts';
import type { Result } from '../../engine/result.ts';
import { EXIT } from '../exit-code.ts';
import { fileSize, table } from '../reporters/figures.ts';
import { failUsage } from './command-failure.ts';

export interface CacheOptions {
  readonly json: boolean;
}

export interface CollectionOptions extends CacheOptions {
  /** A size as on the command line; absent: the configured limit. */
  readonly limit?: string;
  readonly dryRun: boolean;
}

/** Says what the store holds, and what it may. */
export async function cacheStats(options: CacheOptions): Promise<number> {
  const root = cacheRoot(process.env);
  const limit = limitSetting(process.env);
  if (!limit.ok) return failUsage([limit.failure], options);
  const found = await storeStatistics(root, limit.value);
  if (!found.ok) return failUsage([found.failure], options);
  process.stdout.write(options.json ? statisticsLine(root, found.value) : statisticsTable(root, found.value));
  return EXIT.ok;
}

/** Reads every blob again. The exit code is 1 when one was damaged. */
export async function cacheVerify(options: CacheOptions): Promise<number> {
  const root = cacheRoot(process.env);
  const progress = new VerificationProgress();
  const verified = await new BlobStore(root).verify((bytes) => progress.show(bytes));
  progress.end();
  if (!verified.ok) return failUsage([verified.failure], options);
  const { checked, bytes, damaged } = verified.value;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ type: 'cache-verified', root, checked, bytes, damaged })}\n`);
  } else {
    for (const { path, movedTo } of damaged) {
      const where = movedTo === undefined ? 'and could not be moved aside' : `now at ${movedTo}`;
      process.stdout.write(`damaged: ${path}, ${where}\n`);
    }
    process.stdout.write(`${checked} blobs read, ${fileSize(bytes)}; ${damaged.length} damaged\n`);
    if (damaged.length > 0) process.stderr.write('The next build makes what is damaged again.\n');
  }
  return damaged.length === 0 ? EXIT.ok : EXIT.buildFailed;
}

/** Removes what serves nobody, and the least recently used down to the limit. */
export async function cacheGc(options: CollectionOptions): Promise<number> {
  const root = cacheRoot(process.env);
  const limit: Result<LimitSetting, Failure> =
    options.limit === undefined ? limitSetting(process.env) : parseLimit(options.limit, '--limit');
  if (!limit.ok) return failUsage([limit.failure], options);
  const collected = await collectStore({
    root,
    untilBytes: async (held) =>
      limit.value === 'default' ? limitBytes('default', await diskSpace(root), held) : limit.value,
    furtherUses: () => recordedUses(root),
    mode: options.dryRun ? 'plan' : 'remove',
  });
  if (!collected.ok) return failUsage([collected.failure], options);
  const { results, blobs, freedBytes, keptBytes, untilBytes } = collected.value;
  if (options.json) {
    const report = { results, blobs, freedBytes, keptBytes, limitBytes: finite(untilBytes) };
    process.stdout.write(`${JSON.stringify({ type: 'cache-collected', root, ...options, ...report })}\n`);
    return EXIT.ok;
  }
  const verb = options.dryRun ? 'would remove' : 'removed';
  process.stdout.write(`${verb} ${results} results and ${blobs} blobs, ${fileSize(freedBytes)}\n`);
  const excess = keptBytes > untilBytes ? '; the rest is in use by a running build' : '';
  process.stdout.write(`${fileSize(keptBytes)} kept of at most ${limitWords(untilBytes)}${excess}\n`);
  return EXIT.ok;
}

/** Removes all results and blobs, and says what that was. */
export async function cacheClear(options: CacheOptions): Promise<number> {
  const root = cacheRoot(process.env);
  const removed = await removeStore(root);
  if (!removed.ok) return failUsage([removed.failure], options);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ type: 'cache-cleared', root, removed: removed.value })}\n`);
    return EXIT.ok;
  }
  for (const path of removed.value) process.stderr.write(`removed ${path}\n`);
  if (removed.value.length === 0) process.stderr.write(`nothing to remove in ${root}\n`);
  return EXIT.ok;
}

const finite = (bytes: number): number | null => (Number.isFinite(bytes) ? bytes : null);

const limitWords = (bytes: number): string =>
  Number.isFinite(bytes) ? fileSize(bytes) : 'any size (no limit)';

function statisticsLine(root: string, found: StoreStatistics): string {
  const { oldestUseMs, limitBytes: limit, ...rest } = found;
  const oldestUse = oldestUseMs === undefined ? null : new Date(oldestUseMs).toISOString();
  return `${JSON.stringify({ type: 'cache-stats', root, ...rest, limitBytes: finite(limit), oldestUse })}\n`;
}

function statisticsTable(root: string, found: StoreStatistics): string {
  const { oldestUseMs } = found;
  const rows = [
    ['store', root],
    ['blobs', String(found.blobs)],
    ['results', String(found.results)],
    ['size', `${fileSize(found.bytes)} of at most ${limitWords(found.limitBytes)}`],
    ['free disk', fileSize(found.diskFreeBytes)],
    ['oldest use', oldestUseMs === undefined ? 'never' : new Date(oldestUseMs).toISOString().slice(0, 16)],
    ['damaged', `${found.damaged} moved aside`],
    ['running', `${found.buildsRunning} builds`],
    ['environments', `${fileSize(found.environmentBytes)}, not counted`],
    ['emulator', `${fileSize(found.emulatorBytes)}, not counted`],
  ];
  return `${table(rows, new Set()).join('\n')}\n`;
}

const LIVE_EVERY_MS = 500;
const PLAIN_EVERY_MS = 10_000;

/** Bytes read so far: on one line of a terminal, elsewhere a line now and then. */
class VerificationProgress {
  private readonly live = process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  private shownMs = performance.now();

  show(bytes: number): void {
    const now = performance.now();
    if (now - this.shownMs < (this.live ? LIVE_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.shownMs = now;
    process.stderr.write(this.live ? `\r${fileSize(bytes)} read\u001b[K` : `${fileSize(bytes)} read\n`);
  }

  end(): void {
    if (this.live) process.stderr.write('\r\u001b[K');
  }
}
