import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';

/** After this long the estimate is not believed any more: builds that were killed have added to it unseen. */
const BELIEVED_MS = 7 * 24 * 60 * 60 * 1000;

/** What the store is thought to hold. */
export interface SizeEstimate {
  readonly bytes: number;
  readonly measuredMs: number;
}

/**
 * The file `size` in the store: a line with the time and the bytes of the last measurement, then a line for what
 * each build has added. Appending small lines is atomic, so builds that end at the same time all count.
 */
const sizeFile = (root: string): string => join(root, 'size');

/** The estimate, `undefined` when there is none that can be believed. */
export async function readEstimate(root: string): Promise<SizeEstimate | undefined> {
  const text = await readFile(sizeFile(root), 'utf8').catch(() => '');
  const [first = '', ...added] = text.trimEnd().split('\n');
  const head = /^measured (\d+) (\d+)$/.exec(first);
  if (head === null) return undefined;
  const measuredMs = Number(head[1]);
  const age = Date.now() - measuredMs;
  // A date that lies ahead was written by a clock that has been set back since.
  if (age < 0 || age > BELIEVED_MS) return undefined;
  let bytes = Number(head[2]);
  for (const line of added) {
    if (!/^\+\d+$/.test(line)) return undefined;
    bytes += Number(line);
  }
  return { bytes, measuredMs };
}

/** Adds what a build has put into the store. A store that cannot be written keeps no estimate. */
export async function addToEstimate(root: string, bytes: number): Promise<void> {
  await appendFile(sizeFile(root), `+${bytes}\n`).catch(() => undefined);
}

/** Starts the estimate again from a measurement. */
export async function writeEstimate(root: string, bytes: number): Promise<void> {
  await writeAtomically(sizeFile(root), `measured ${Date.now()} ${bytes}\n`);
}
