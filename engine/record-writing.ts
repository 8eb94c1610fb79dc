import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../cache/atomic-write.ts';
import { stampOf } from '../cache/file-stamp.ts';
import { recordFolder, recordsFolder } from './build-record.ts';
import type { MadeRecord } from './record-making.ts';
import type { RecordPatch } from './record-patch.ts';
import { recordLines } from './recorded-actions.ts';

/** A request that nobody has made for so long is not likely to be made again. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Writes a record in place of an older one. It need not survive a power cut, so that nothing is flushed; where it
 * cannot be written at all, the next build is merely slower.
 */
export function writeRecord(cacheRoot: string, { check, head, actions }: MadeRecord): void {
  const folder = recordFolder(cacheRoot, check.request);
  // The check comes last: one without its actions would be an idle build that cannot name them.
  if (!replaceFile(join(folder, 'build.jsonl'), recordLines(head, actions)).ok) return;
  if (replaceFile(join(folder, 'check.json'), JSON.stringify(check)).ok) {
    removeOldRecords(recordsFolder(cacheRoot));
  }
}

/** Writes what builds since have found, in place of an earlier patch. What was said of records is true of it. */
export function writePatch(cacheRoot: string, request: string, patch: RecordPatch): void {
  replaceFile(join(recordFolder(cacheRoot, request), 'patch.json'), JSON.stringify(patch));
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
