import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { storageFailure } from '../cache/storage-failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import type { AdbClient } from './adb-client.ts';
import { adbFailure, adbWords, lost, unavailable } from './adb-failure.ts';
import { readProperties } from './adb-properties.ts';
import { AdbStore } from './adb-store.ts';
import { transferFile } from './adb-transfer.ts';
import type {
  Device,
  DeviceLock,
  DeviceProperties,
  LockWait,
  PushedFile,
  PushProgress,
  PushSummary,
  RunOptions,
  RunSummary,
} from './device.ts';
import { takeDeviceLock } from './device-lock.ts';
import { deviceFile, devicePath } from './device-path.ts';
import { EndMarker } from './end-marker.ts';
import { localHash } from './local-file.ts';
import { runOutcome } from './run-outcome.ts';
import { runScript } from './run-script.ts';
import { runSession } from './run-session.ts';
import { shellQuote } from './shell-quote.ts';

/** The one place where adb's user may write and execute on every phone. */
export const ADB_FOLDER = '/data/local/tmp/rwkv-build';

/** A phone or a Linux board, driven through the real adb. */
export class AdbDevice implements Device {
  readonly serial: string;
  readonly folder: string;
  readonly #client: AdbClient;
  readonly #store: AdbStore;

  constructor(client: AdbClient, serial: string, folder: string = ADB_FOLDER) {
    this.serial = serial;
    this.folder = folder;
    this.#client = client;
    this.#store = new AdbStore(client, serial, folder);
  }

  async properties(): Promise<Result<DeviceProperties>> {
    const features = await this.#client.features(this.serial);
    if (!features.ok) return features;
    if (!features.value.includes('shell_v2')) {
      // Without it a terminal stands in between: standard error is mixed in and closing the input ends nothing.
      return fail(
        unavailable(
          this.serial,
          `device ${this.serial} has an adbd that is too old (no shell_v2, Android before 7)`,
          'Choose another device, or install a newer adbd on the board.',
        ),
      );
    }
    return readProperties(this.#client, this.serial, this.folder);
  }

  push(
    files: readonly PushedFile[],
    progress: (progress: PushProgress) => void,
    interruption?: AbortSignal,
  ): Promise<Result<PushSummary>> {
    return this.#store.push(files, progress, interruption);
  }

  async run(command: readonly string[], options: RunOptions): Promise<Result<RunSummary>> {
    const marker = new EndMarker();
    const folder = `${this.folder}/${devicePath(options.cwd)}`;
    const { environment } = options;
    const script = runScript({ command, folder, environment }, marker);
    const end = await runSession(this.#client.session(this.serial, script), marker, options);
    const doing = `running ${command[0]}`;
    return runOutcome(end, command, options, {
      name: `device ${this.serial}`,
      lost: (errors) => adbFailure(this.serial, doing, adbWords(errors)),
      notStarted: (code) => ({
        kind: 'environment-missing',
        tool: 'adb',
        message: `cannot start ${this.#client.program}: ${code}`,
        hint: 'Set ADB to the path of a working adb, or use --device emulator.',
      }),
    });
  }

  async pull(from: string, to: string): Promise<Result<void>> {
    const path = `${this.folder}/${deviceFile(from)}`;
    const doing = `reading ${from}`;
    const quoted = shellQuote(path);
    const end = await this.#client.script(
      this.serial,
      doing,
      `[ -f ${quoted} ] || exit 44\nsha256sum <${quoted}`,
    );
    if (!end.ok) return end;
    if (end.value.exitCode === 44) {
      return fail({
        kind: 'input-missing',
        path: from,
        message: `device ${this.serial} has no file ${path}`,
      });
    }
    if (end.value.exitCode !== 0) return fail(adbFailure(this.serial, doing, end.value.stderr));
    return this.#fetch(path, resolve(to), end.value.stdout.slice(0, 64));
  }

  lock(wait?: LockWait): Promise<Result<DeviceLock>> {
    return takeDeviceLock(this.serial, `device ${this.serial}`, wait);
  }

  async #fetch(path: string, to: string, sha256: string): Promise<Result<void>> {
    const temporary = `${to}.${randomBytes(8).toString('hex')}.incoming`;
    try {
      await mkdir(dirname(to), { recursive: true });
      const fetched = await transferFile(this.#client, this.serial, {
        direction: 'pull',
        from: path,
        to: temporary,
        onArrived: () => {},
      });
      if (!fetched.ok) return fetched;
      const arrived = await localHash(temporary);
      if (!arrived.ok) return arrived;
      if (arrived.value !== sha256) return fail(lost(this.serial, `pulling ${path}`, 'it arrived damaged'));
      await rename(temporary, to);
      return ok(undefined);
    } catch (error) {
      return fail(storageFailure(to, error));
    } finally {
      await rm(temporary, { force: true });
    }
  }
}
