import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from '../../cache/cache-root.ts';
import { packageRoot } from '../../cli/package-root.ts';
import { type Environment, findAdb } from '../../device/adb-program.ts';
import { boundedProcess } from '../../device/bounded-process.ts';
import { EmulatedPhone, phoneNamespaces } from '../../device/emulated-phone.ts';
import { EmulatedAdbd } from '../../tasks/tools/emulated-adbd.ts';
import { adbIn, adbPackages } from '../../tasks/tools/package-sets.ts';
import { PythonPackages } from '../../tasks/tools/python-packages.ts';

/** A device for tests with the adb that reaches it. */
export interface AdbPlace {
  readonly serial: string;
  readonly program: string;
  /** adb's: for the emulated phone it names a server and keys of the test's own. */
  readonly environment: Environment;
  close(): Promise<void>;
}

/** The whole run of the tests, which makes what it needs; a short one takes what is there. */
const isFullRun = process.env.RWKV_BUILD_TEST_FULL === '1';

/** The device that RWKV_BUILD_TEST_ADB_SERIAL names, else an emulated phone; or why there is none, in words. */
export async function adbPlace(): Promise<AdbPlace | string> {
  const serial = process.env.RWKV_BUILD_TEST_ADB_SERIAL ?? '';
  if (serial !== '') {
    return { serial, program: await adbProgram(), environment: process.env, close: async () => {} };
  }
  const adbd = await phoneAdbd();
  if (typeof adbd === 'string') return adbd;
  const adb = await adbProgram();
  const phone = await EmulatedPhone.start({ adbd: adbd.folder, soc: 'SM8650' });
  if (!phone.ok) throw new Error(phone.failure.message);
  const { environment, close } = await privateAdb(adb);
  return {
    serial: phone.value.serial,
    program: adb,
    environment,
    close: async () => {
      await close();
      await phone.value.stop();
    },
  };
}

/** The folder of the emulated phone's adbd; or why there can be no such phone. */
export async function phoneAdbd(): Promise<{ readonly folder: string } | string> {
  const allowed = await phoneNamespaces();
  if (!allowed.ok) return allowed.failure.message;
  const tool = new EmulatedAdbd(packageRoot(), cacheRoot(process.env));
  if (!isFullRun && !existsSync(await tool.folder())) {
    return 'the adbd of the emulated phone is not built; `npm run test:full` or `rwkv-build device emulate` builds it';
  }
  const folder = await tool.prepare(console.error, new AbortController().signal);
  if (!folder.ok) throw new Error(folder.failure.message);
  return { folder: folder.value };
}

/** The machine's adb, else one that is fetched. */
export async function adbProgram(): Promise<string> {
  const found = findAdb(process.env);
  if (found.ok) return found.value;
  const packages = new PythonPackages(adbPackages(packageRoot()), cacheRoot(process.env));
  const folder = await packages.prepare(console.error, new AbortController().signal);
  if (!folder.ok) throw new Error(folder.failure.message);
  return adbIn(folder.value);
}

/** An environment in which adb has a server and a home of its own, so that the user's stays as it is. */
export async function privateAdb(
  program: string,
): Promise<{ readonly environment: Environment; readonly home: string; close(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'rwkv-build-adb-'));
  await mkdir(join(home, '.android'));
  const { PATH } = process.env;
  const environment = {
    PATH,
    HOME: home,
    ADB: program,
    ADB_SERVER_SOCKET: `tcp:localhost:${await freePort()}`,
  };
  const close = async (): Promise<void> => {
    await boundedProcess({ program, arguments: ['kill-server'], environment, silenceSeconds: 10 });
    await rm(home, { recursive: true, force: true });
  };
  return { environment, home, close };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}
