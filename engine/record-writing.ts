import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../cache/atomic-write.ts';
import { stampOf } from '../cache/file-stamp.ts';
import { type RecordCheck, type RecordedBuild, recordFolder, recordsFolder } from './build-record.ts';

/** A request that nobody has made for so long is not likely to be made again. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Writes a record in place of an older one. It need not survive a power cut, so that nothing is flushed; where it
 * cannot be written at all, the next build is merely slower.
 */
export function writeRecord(cacheRoot: string, check: RecordCheck, build: RecordedBuild): void {
  const folder = recordFolder(cacheRoot, check.request);
  // The check comes last: one without its build would be an idle build that cannot name its actions.
  if (!replaceFile(join(folder, 'build.json'), jsonParts(build)).ok) return;
  if (replaceFile(join(folder, 'check.json'), JSON.stringify(check)).ok) {
    removeOldRecords(recordsFolder(cacheRoot));
  }
}

/** So many actions are made into text at a time: that of 20,000 at once would take a tenth of the memory. */
const ACTIONS_A_PART = 500;

/** The record as JSON, with the actions last. */
function* jsonParts({ actions, ...rest }: RecordedBuild): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"actions":[\n`;
  for (let at = 0; at < actions.length; at += ACTIONS_A_PART) {
    const part = JSON.stringify(actions.slice(at, at + ACTIONS_A_PART)).slice(1, -1);
    yield at === 0 ? part : `,\n${part}`;
  }
  yield ']}\n';
}

function removeOldRecords(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [, used] = stampOf(join(folder, name, 'check.json')) ?? [];
      if (used !== undefined && Date.now() - used > KEPT_MS) rmSync(join(folder, name), { recursive: true });
    }
  } catch {
    // Another build removes them as well, or they are not ours to remove.
  }
}
