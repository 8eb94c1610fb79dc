import { readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../engine/result.ts';
import { type Artifact, isArtifact, isInnerPath } from './artifact.ts';
import { writeAtomically } from './atomic-write.ts';
import { type Digest, digestBytes, isDigest } from './digest.ts';

/** What an action gave when it ran. Only successes are kept. */
export interface ActionResult {
  /** By the output's path in the action's folder. */
  readonly outputs: Readonly<Record<string, Artifact>>;
  /** Wall time of the command. */
  readonly seconds: number;
  /** What the command wrote, as a blob. */
  readonly log: Digest;
}

const FORMAT = 1;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Results by fingerprint: `ac/sha256/<first two digits>/<hash>.json` below the store's root. */
export class ActionCache {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * What an action with this fingerprint gave. An entry that is not there, cannot be read, is damaged or of
   * another format is `undefined`: the action then runs again, which is always right.
   * The entry's modification time is moved on (once a day), so that collection knows what is in use.
   */
  async get(fingerprint: Digest): Promise<ActionResult | undefined> {
    const path = this.pathOf(fingerprint);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch {
      return undefined;
    }
    const result = decode(text, fingerprint);
    if (result !== undefined) await markUsed(path);
    return result;
  }

  /** Remembers a result, in place of an older one. Fails with `storage-failed`. */
  async put(fingerprint: Digest, result: ActionResult): Promise<Result<void>> {
    return writeAtomically(this.pathOf(fingerprint), encode(fingerprint, result));
  }

  /** Where the entry lies, whether or not it exists. */
  pathOf(fingerprint: Digest): string {
    const { hash } = fingerprint;
    return join(this.#root, 'ac', 'sha256', hash.slice(0, 2), `${hash}.json`);
  }
}

/** The sum finds a flipped byte that leaves the JSON well-formed, such as one in an output's path. */
function encode(fingerprint: Digest, result: ActionResult): string {
  const record = { format: FORMAT, fingerprint: fingerprint.hash, ...result };
  return `${JSON.stringify({ sum: sumOf(record), record })}\n`;
}

function decode(text: string, fingerprint: Digest): ActionResult | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(entry) || !isObject(entry.record) || entry.sum !== sumOf(entry.record)) return undefined;
  const { format, fingerprint: own, outputs, seconds, log } = entry.record;
  if (format !== FORMAT || own !== fingerprint.hash) return undefined;
  if (!isOutputs(outputs) || typeof seconds !== 'number' || !isDigest(log)) return undefined;
  return { outputs, seconds, log };
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
    if (now - (await stat(path)).mtimeMs > DAY_MS) await utimes(path, now / 1000, now / 1000);
  } catch {
    // A store that cannot be written still serves.
  }
}
