import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { storageFailure } from '../../cache/storage-failure.ts';
import { openDevice } from '../../tasks/device-access.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { cacheClear } from './cache.ts';
import { failUsage } from './command-failure.ts';

export type CleanScope = 'out' | 'store' | 'device';

/** Removes what a build left, and says where it was. */
export async function clean(scope: CleanScope, options: BuildOptions): Promise<number> {
  if (scope === 'device') return cleanDevice(options);
  if (scope === 'store') return cacheClear(options);
  const path = join(dirname(resolve(options.file)), 'out');
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    return failUsage([storageFailure(path, error)], options);
  }
  process.stderr.write(`removed ${path}\n`);
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
