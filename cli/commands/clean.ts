import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cacheRoot } from '../../cache/cache-root.ts';
import { storageFailure } from '../../cache/storage-failure.ts';
import { openDevice } from '../../tasks/device-access.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { failUsage } from './command-failure.ts';

export type CleanScope = 'out' | 'store' | 'device';

/** What of the store's folder goes with `--store`. Environments stay: they cost a download to make again. */
const STORE_PARTS = ['cas', 'ac', 'history', 'work', 'tmp', 'stat-memo.json'] as const;

/** Removes what a build left, and says where it was. */
export async function clean(scope: CleanScope, options: BuildOptions): Promise<number> {
  if (scope === 'device') return cleanDevice(options);
  const root = cacheRoot(process.env);
  const paths =
    scope === 'out'
      ? [join(dirname(resolve(options.file)), 'out')]
      : STORE_PARTS.map((part) => join(root, part)).filter((path) => existsSync(path));
  for (const path of paths) {
    try {
      await rm(path, { recursive: true, force: true });
      process.stderr.write(`removed ${path}\n`);
    } catch (error) {
      return failUsage([storageFailure(path, error)], options);
    }
  }
  return EXIT.ok;
}

/** Removes everything that pushes brought to a device; the next build pushes it again. */
async function cleanDevice(options: BuildOptions): Promise<number> {
  const opened = await openDevice(options.device ?? 'auto', process.env);
  if (!opened.ok) return failUsage([opened.failure], options);
  const { device } = opened.value;
  const removed = await device.run(['rm', '-rf', device.folder], {
    cwd: '.',
    environment: {},
    timeLimitSeconds: 60,
    onStdout: () => undefined,
    onStderr: () => undefined,
  });
  if (!removed.ok) return failUsage([removed.failure], options);
  process.stderr.write(`removed ${device.folder} on ${device.serial}\n`);
  return EXIT.ok;
}
