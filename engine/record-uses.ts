import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stampOf } from '../cache/file-stamp.ts';
import type { RecordedBuild } from './build-record.ts';
import { readJson, recordsFolder } from './build-record.ts';

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
    const used = stampOf(join(folder, name, 'check.json'));
    const build = readJson(join(folder, name, 'build.json')) as RecordedBuild | undefined;
    if (used === undefined || !Array.isArray(build?.actions)) continue;
    for (const { fingerprint } of build.actions) uses.push([fingerprint, used[1]]);
  }
  return uses;
}
