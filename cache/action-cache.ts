import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type Result } from '../engine/result.ts';
import { type Artifact, artifactBytes, isArtifact, isInnerPath } from './artifact.ts';
import { replaceFile } from './atomic-write.ts';
import { bootId } from './boot-id.ts';
import { type Digest, digestBytes, isDigest } from './digest.ts';

/** What an action gave when it ran. Only successes are kept. */
export interface ActionResult {
  /** By the output's path in the action's folder. */
  readonly outputs: Readonly<Record<string, Artifact>>;
  /** Wall time of the command. */
  readonly seconds: number;
  /** What the command wrote, as a blob. */
  readonly log: Digest;
  /** What the command and all that it started took at most; absent for what ended too soon to be measured. */
  readonly peakMemoryBytes?: number;
}

const FORMAT = 1;
/**
 * How exactly the last use of a result is kept. Exact enough to tell what is old; and a build that follows
 * another writes nothing.
 */
export const USE_GRAIN_MS = 60 * 60 * 1000;

/** Results by fingerprint: `ac/sha256/<first two digits>/<hash>.json` below the store's root. */
export class ActionCache {
  readonly #root: string;
  #addedBytes = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * What an action with this fingerprint gave. An entry that is not there, cannot be read, is damaged or of
   * another format is `undefined`: the action then runs again, which is always right.
   * The entry's modification time is moved on (once an hour), so that collection knows what is in use.
   */
  async get(fingerprint: Digest): Promise<ActionResult | undefined> {
    const result = await this.peek(fingerprint.hash);
    if (result !== undefined) await markUsed(this.pathOf(fingerprint));
    return result;
  }

  /** `get` by the fingerprint's hash, for those who look without using. */
  async peek(hash: string): Promise<ActionResult | undefined> {
    try {
      return decode(await readFile(this.pathOf({ hash }), 'utf8'), hash);
    } catch {
      return undefined;
    }
  }

  /**
   * Remembers a result whose blobs are on the disk, in place of an older one. It isn't flushed itself: a power cut
   * loses it, or leaves what its sum tells from an entry. Fails with `storage-failed`.
   */
  put(fingerprint: Digest, result: ActionResult): Result<void> {
    const sizes = Object.values(result.outputs).map(artifactBytes);
    this.#addedBytes += sizes.reduce((sum, size) => sum + size, result.log.size);
    return replaceFile(this.pathOf(fingerprint), encode({ fingerprint: fingerprint.hash, ...result }));
  }

  /**
   * Remembers a result whose blobs the disk may not have yet: it counts until the machine is started anew, so that
   * a killed process loses nothing and a power cut leaves nothing wrong. Fails with `storage-failed`.
   */
  putForNow(fingerprint: Digest, result: ActionResult): Result<void> {
    const boot = bootId();
    if (boot === '') return ok(undefined);
    return replaceFile(this.pathOf(fingerprint), encode({ fingerprint: fingerprint.hash, boot, ...result }));
  }

  /** By how much this object's results made the store grow at most: what they share counts each time. */
  get addedBytes(): number {
    return this.#addedBytes;
  }

  /** Where the entry lies, whether or not it exists. */
  pathOf({ hash }: Pick<Digest, 'hash'>): string {
    return join(this.#root, 'ac', 'sha256', hash.slice(0, 2), `${hash}.json`);
  }
}

/** The sum finds a flipped byte that leaves the JSON well-formed, such as one in an output's path. */
function encode(entry: ActionResult & { readonly fingerprint: string; readonly boot?: string }): string {
  const record = { format: FORMAT, ...entry };
  return `${JSON.stringify({ sum: sumOf(record), record })}\n`;
}

/** Rejects what is no JSON. */
function decode(text: string, fingerprint: string): ActionResult | undefined {
  const entry: unknown = JSON.parse(text);
  if (!isObject(entry) || !isObject(entry.record) || entry.sum !== sumOf(entry.record)) return undefined;
  const { format, fingerprint: own, boot, outputs, seconds, log, peakMemoryBytes } = entry.record;
  if (format !== FORMAT || own !== fingerprint) return undefined;
  if (boot !== undefined && boot !== bootId()) return undefined;
  if (!isOutputs(outputs) || typeof seconds !== 'number' || !isDigest(log)) return undefined;
  return { outputs, seconds, log, ...(typeof peakMemoryBytes === 'number' ? { peakMemoryBytes } : {}) };
}

function sumOf(record: object): string {
  return digestBytes(Buffer.from(JSON.stringify(record))).hash;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOutputs(value: unknown): value is Record<string, Artifact> {
  return isObject(value) && Object.entries(value).every(([path, it]) => isInnerPath(path) && isArtifact(it));
}

async function markUsed(path: string): Promise<void> {
  try {
    const now = Date.now();
    // Also when the time lies ahead: the clock has been set back, and the entry would stay young for ever.
    const age = Math.abs(now - (await stat(path)).mtimeMs);
    if (age > USE_GRAIN_MS) await utimes(path, now / 1000, now / 1000);
  } catch {
    // A store that cannot be written still serves.
  }
}
