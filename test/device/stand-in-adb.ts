import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADB_LIMITS, AdbClient, type AdbLimits } from '../../device/adb-client.ts';
import { AdbDevice } from '../../device/adb-device.ts';
import { withFolder } from './device-place.ts';

const PROGRAM = fileURLToPath(new URL('./stand-in/adb', import.meta.url));

/** What the stand-in does wrong; see `stand-in/adb`. */
export type Fault =
  | 'gone'
  | 'gone-at-push'
  | 'cut-shell'
  | 'silent-shell'
  | 'damage-push'
  | 'damage-push-once'
  | 'cut-push'
  | 'stall-push'
  | 'full'
  | 'damage-pull';

/** The stand-in for adb with a state of its own. */
export class StandInAdb {
  readonly folder: string;
  /** Where its devices have what a phone has in /data/local/tmp/rwkv-build. */
  readonly deviceFolder: string;
  /** Where files to be pushed are written. */
  readonly sources: string;

  constructor(folder: string) {
    this.folder = folder;
    this.deviceFolder = join(folder, "it's a device");
    this.sources = join(folder, 'sources');
  }

  /** What finds the stand-in instead of adb, and no server: port 1 answers on no machine. */
  get environment(): Record<string, string> {
    const PATH = `${join(this.folder, 'bin')}:${process.env.PATH}`;
    return { PATH, ADB: PROGRAM, STAND_IN: this.folder, ADB_SERVER_SOCKET: 'tcp:127.0.0.1:1' };
  }

  device(limits: Partial<AdbLimits> = {}): AdbDevice {
    const client = new AdbClient(PROGRAM, this.environment, { ...ADB_LIMITS, ...limits });
    return new AdbDevice(client, 'S1', this.deviceFolder);
  }

  async set(what: 'devices' | 'features' | 'connect', content: string): Promise<void> {
    await writeFile(join(this.folder, what), content);
  }

  /** Puts a program in front of those that the device has. */
  async setProgram(name: string, script: string): Promise<void> {
    const path = join(this.folder, 'bin', name);
    await mkdir(join(this.folder, 'bin'), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  async breakWith(fault: Fault): Promise<void> {
    await writeFile(join(this.folder, 'fault'), fault);
  }

  async mend(): Promise<void> {
    await writeFile(join(this.folder, 'fault'), '');
  }

  /** What was asked of it, a line each. */
  async calls(): Promise<string> {
    return readFile(join(this.folder, 'calls'), 'utf8').catch(() => '');
  }
}

/** Runs a test with a stand-in that has one usable device, `S1`. */
export async function withStandIn(test: (adb: StandInAdb) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const adb = new StandInAdb(folder);
    await mkdir(adb.sources);
    await adb.set('devices', 'S1  device usb:1-1 product:p model:Phone_One device:d transport_id:1\n');
    await adb.set('features', 'cmd\nstat_v2\nshell_v2\n');
    await test(adb);
  });
}
