import { access, constants, copyFile, link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskSpace, limitBytes, limitSetting } from '../../cache/cache-limit.ts';
import { readEstimate } from '../../cache/size-estimate.ts';
import { fileSize } from '../reporters/figures.ts';
import type { Check } from './machine-check.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment, the store and one model's artifacts take less than this. */
const NEEDED_DISK_BYTES = 2e9;

/** Where the store is, whether there is room, how large it may become, and how files get out of it. */
export async function storeChecks(store: string, environment: Environment): Promise<readonly Check[]> {
  try {
    await mkdir(store, { recursive: true });
    await access(store, constants.W_OK);
    return [await roomCheck(store), await limitCheck(store, environment), await linkCheck(store)];
  } catch (error) {
    const detail = `${store} cannot be written: ${(error as Error).message}`;
    const command = 'export RWKV_BUILD_CACHE=/a/folder/that/you/own';
    return [{ name: 'store', required: true, state: 'missing', detail, command }];
  }
}

async function roomCheck(store: string): Promise<Check> {
  const { free } = await diskSpace(store);
  const detail = `${store}, ${fileSize(free)} free`;
  if (free >= NEEDED_DISK_BYTES) return { name: 'store', required: true, state: 'ok', detail };
  return {
    name: 'store',
    required: true,
    state: 'missing',
    detail: `${detail}; ${fileSize(NEEDED_DISK_BYTES)} are needed`,
    command: 'export RWKV_BUILD_CACHE=/a/folder/on/a/bigger/disk',
  };
}

async function limitCheck(store: string, environment: Environment): Promise<Check> {
  const name = 'store limit';
  const setting = limitSetting(environment);
  if (!setting.ok) {
    const { message } = setting.failure;
    return {
      name,
      required: true,
      state: 'missing',
      detail: message,
      command: 'export RWKV_BUILD_CACHE_LIMIT=20GB',
    };
  }
  const estimate = await readEstimate(store);
  const most = limitBytes(setting.value, await diskSpace(store), estimate?.bytes ?? 0);
  const words = Number.isFinite(most) ? fileSize(most) : 'none';
  const used = estimate === undefined ? '' : `, about ${fileSize(estimate.bytes)} used`;
  const whence = setting.value === 'default' ? 'a share of the disk' : 'by RWKV_BUILD_CACHE_LIMIT';
  return { name, required: false, state: 'ok', detail: `${words} (${whence})${used}` };
}

/** Tries both, because no name of a file system tells: it may lie under an overlay, or forbid links. */
async function linkCheck(store: string): Promise<Check> {
  const folder = await mkdtemp(join(store, 'doctor-'));
  try {
    const file = join(folder, 'file');
    await writeFile(file, 'x'.repeat(4096));
    const works = (attempt: Promise<void>): Promise<boolean> =>
      attempt.then(
        () => true,
        () => false,
      );
    const hard = await works(link(file, join(folder, 'hard')));
    const shared = await works(copyFile(file, join(folder, 'shared'), constants.COPYFILE_FICLONE_FORCE));
    const detail = [
      hard ? 'commands get inputs by hard link' : 'no hard links: inputs are copied',
      shared
        ? 'files that share their blocks (reflinks) work'
        : 'no reflinks: artifacts under out/ are copied',
    ].join('; ');
    return { name: 'store links', required: false, state: 'ok', detail };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
