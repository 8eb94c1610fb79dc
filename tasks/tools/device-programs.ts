import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { digestBytes } from '../../cache/digest.ts';
import { storageFailure } from '../../cache/storage-failure.ts';
import { findAdb } from '../../device/adb-program.ts';
import type { Failure } from '../../engine/failure.ts';
import type { Argument, Tool } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { ADB_ENVIRONMENT } from '../device-access.ts';

/** The programs of rwkv-build that use a device, as files of its `dist/`. */
const PROGRAMS = ['push-files.mjs', 'run-benchmark.mjs'] as const;

/** What decides which server adb asks, and with which keys, beside the user's home. */
const ADB_VARIABLES = [
  'ADB_SERVER_SOCKET',
  'ANDROID_ADB_SERVER_ADDRESS',
  'ANDROID_ADB_SERVER_PORT',
  'ADB_VENDOR_KEYS',
] as const;

/**
 * The programs that push to a device and run on it, with what they need of this machine and no other action
 * sees: Node, adb and its keys in the user's home, and the folder of the emulator.
 */
export class DevicePrograms implements Tool {
  readonly name = 'device-programs';
  private readonly packageRoot: string;
  private readonly cacheRoot: string;

  constructor(packageRoot: string, cacheRoot: string) {
    this.packageRoot = packageRoot;
    this.cacheRoot = cacheRoot;
  }

  /** The content of the programs: another way to measure is another result. */
  async version(): Promise<Result<string, Failure>> {
    const digests: string[] = [];
    for (const name of PROGRAMS) {
      digests.push(digestBytes(await readFile(join(this.packageRoot, 'dist', name))).hash);
    }
    return ok(digests.join(' '));
  }

  async prepare(): Promise<Result<string, Failure>> {
    const found = findAdb(process.env);
    const adb = found.ok ? found.value : undefined;
    const set = ADB_VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
    const environment = JSON.stringify(Object.fromEntries(set));
    // Two builds at a time may use different ones.
    const { hash } = digestBytes(Buffer.from(JSON.stringify([adb, homedir(), environment])));
    const folder = join(this.cacheRoot, 'device-programs', hash.slice(0, 16));
    try {
      await mkdir(folder, { recursive: true });
      await link(process.execPath, join(folder, 'node'));
      await link(join(this.packageRoot, 'dist'), join(folder, 'programs'));
      await link(homedir(), join(folder, 'home'));
      await link(this.cacheRoot, join(folder, 'cache'));
      if (adb !== undefined) await link(adb, join(folder, 'adb'));
      const handedOn = join(folder, 'adb-environment.json');
      await writeFile(`${handedOn}.${process.pid}.tmp`, environment);
      await rename(`${handedOn}.${process.pid}.tmp`, handedOn);
      return ok(folder);
    } catch (error) {
      return fail(storageFailure(folder, error));
    }
  }
}

/** Points a link at a path, in one step, whatever it pointed at before. */
async function link(target: string, at: string): Promise<void> {
  const temporary = `${at}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, at);
}

/** The start of the command of an action that uses a device. */
export function deviceCommand(program: (typeof PROGRAMS)[number]): readonly Argument[] {
  return [
    { tool: 'device-programs', path: 'node' },
    { tool: 'device-programs', path: `programs/${program}` },
  ];
}

/** What these actions see of this machine beyond other actions. */
export const DEVICE_ENVIRONMENT: Readonly<Record<string, Argument>> = {
  ADB: { tool: 'device-programs', path: 'adb' },
  [ADB_ENVIRONMENT]: { tool: 'device-programs', path: 'adb-environment.json' },
  HOME: { tool: 'device-programs', path: 'home' },
  RWKV_BUILD_CACHE: { tool: 'device-programs', path: 'cache' },
};
