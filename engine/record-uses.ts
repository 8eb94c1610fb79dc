import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stampOf } from '../cache/file-stamp.ts';
import { openRecord, recordsFolder } from './build-record.ts';
import { RecordedActions } from './recorded-actions.ts';

/**
 * The fingerprints of the results that records name, with when each record was last used (milliseconds since
 * 1970): an idle build uses these results without asking the store for them.
 */
export async function recordedUses(
  cacheRoot: string,
): Promise<readonly (readonly [fingerprint: string, usedMs: number])[]> {
  const folder = recordsFolder(cacheRoot);
  const uses: [string, number][] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const place = join(folder, name);
    const used = stampOf(join(place, 'check.json'));
    const record = openRecord(place);
    if (used === undefined || record === undefined) continue;
    const recorded = RecordedActions.read(place, record);
    for (const { fingerprint } of recorded?.outlines ?? []) uses.push([fingerprint, used[1]]);
  }
  return uses;
}
