import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cacheRoot } from '../../cache/cache-root.ts';
import { findAdb } from '../../device/adb-program.ts';
import { EmulatedPhone } from '../../device/emulated-phone.ts';
import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { findSoc } from '../../tasks/soc-table.ts';
import { EmulatedAdbd } from '../../tasks/tools/emulated-adbd.ts';
import { adbIn, adbPackages } from '../../tasks/tools/package-sets.ts';
import { PythonPackages } from '../../tasks/tools/python-packages.ts';
import { EXIT } from '../exit-code.ts';
import { packageRoot } from '../package-root.ts';
import { failUsage } from './command-failure.ts';

export interface EmulateOptions {
  readonly soc: string;
  readonly port?: number;
  readonly authenticates: boolean;
}

/** Runs an emulated phone until the process is interrupted, which is how it is meant to end. */
export async function emulateDevice(options: EmulateOptions): Promise<number> {
  const interruption = new AbortController();
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        interruption.abort(signal);
        resolve();
      });
    }
  });
  const started = await startPhone(options, interruption.signal);
  if (!started.ok) return failUsage([started.failure], { json: false });
  const { phone, adb } = started.value;
  const command = `rwkv-build all --device adb:${phone.serial}`;
  process.stdout.write(`${phone.serial}\n`);
  process.stderr.write(
    [
      `an emulated phone with the SoC ${options.soc} answers at ${phone.serial}, until Ctrl-C`,
      `  → ${adb === undefined ? command : `ADB=${adb} ${command}`}`,
      '',
    ].join('\n'),
  );
  const words = await Promise.race([phone.ended, interrupted]);
  await phone.stop();
  if (words === undefined) return EXIT.ok;
  const message = `the emulated phone ended by itself${words === '' ? '' : `: ${words}`}`;
  return failUsage([{ kind: 'device-unavailable', device: phone.serial, message }], { json: false });
}

interface StartedPhone {
  readonly phone: EmulatedPhone;
  /** The adb that was fetched, where the machine has none. */
  readonly adb?: string;
}

async function startPhone(
  options: EmulateOptions,
  signal: AbortSignal,
): Promise<Result<StartedPhone, Failure>> {
  const soc = findSoc(options.soc);
  if (!soc.ok) return soc;
  const progress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const cache = cacheRoot(process.env);
  const adbd = await new EmulatedAdbd(packageRoot(), cache).prepare(progress, signal);
  if (!adbd.ok) return adbd;
  let fetched: string | undefined;
  if (!findAdb(process.env).ok) {
    const folder = await new PythonPackages(adbPackages(packageRoot()), cache).prepare(progress, signal);
    if (!folder.ok) return folder;
    fetched = adbIn(folder.value);
  }
  const { port } = options;
  const phone = await EmulatedPhone.start({
    adbd: adbd.value,
    soc: options.soc,
    ...(port === undefined ? {} : { port }),
    ...(options.authenticates ? { authorized: await ownKeys() } : {}),
  });
  if (!phone.ok) return fail(phone.failure);
  return ok({ phone: phone.value, ...(fetched === undefined ? {} : { adb: fetched }) });
}

/** The public adb keys of this user, where adb itself looks for the private ones. */
async function ownKeys(): Promise<readonly string[]> {
  const named = (process.env.ADB_VENDOR_KEYS ?? '').split(delimiter).filter((path) => path !== '');
  const keys: string[] = [];
  for (const path of [join(homedir(), '.android', 'adbkey'), ...named]) {
    for (const file of await publicKeyFiles(path)) {
      const key = await readFile(file, 'utf8').catch(() => '');
      if (key !== '') keys.push(key);
    }
  }
  return keys;
}

/** A vendor's keys may be a folder of them. */
async function publicKeyFiles(path: string): Promise<readonly string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [`${path}.pub`];
  return (await readdir(path)).filter((name) => name.endsWith('.pub')).map((name) => join(path, name));
}
