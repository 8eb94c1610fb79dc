import { readFile } from 'node:fs/promises';
import type { Check } from './machine-check.ts';

/** Fewer watches than this are used up by one large source tree beside an editor's own. */
const ENOUGH_WATCHES = 65_536;
const ENOUGH_INSTANCES = 64;

/** Linux's limits on watched files; said only where they are low. */
export async function watchChecks(): Promise<readonly Check[]> {
  const watches = await inotifyLimit('max_user_watches');
  const instances = await inotifyLimit('max_user_instances');
  if (watches >= ENOUGH_WATCHES && instances >= ENOUGH_INSTANCES) return [];
  return [
    {
      name: 'watch',
      required: false,
      state: 'missing',
      detail: `a user may watch ${watches} files in ${instances} places; large inputs need more`,
      command: 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512',
    },
  ];
}

/** Infinite where there is no such limit, as on other systems than Linux. */
async function inotifyLimit(name: string): Promise<number> {
  const text = await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8').catch(() => 'Infinity');
  return Number(text);
}
