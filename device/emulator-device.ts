import { randomBytes } from 'node:crypto';
import { chmod, constants, copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { release, type } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorCode, storageFailure } from '../cache/storage-failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
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
import { interrupted, signalName } from './interruption.ts';
import { inputChanged, localHash, localSize } from './local-file.ts';
import { runOutcome } from './run-outcome.ts';
import { runScript } from './run-script.ts';
import { runSession } from './run-session.ts';

const NAME = 'the emulator';

/**
 * A folder on this machine that stands for a device: the x86-64 HTP emulator is a library that programs load, so
 * what runs on the emulator runs here, with nothing of the user's environment.
 */
export class EmulatorDevice implements Device {
  readonly serial = 'emulator';
  readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
  }

  async properties(): Promise<Result<DeviceProperties>> {
    const stateId = await this.#stateId();
    if (!stateId.ok) return stateId;
    return ok({
      kind: 'emulator',
      serial: this.serial,
      soc: 'any',
      model: 'x86-64 HTP emulator',
      operatingSystem: `${type()} ${release()}`,
      target: 'x86_64-linux',
      stateId: stateId.value,
      emulated: true,
    });
  }

  async push(
    files: readonly PushedFile[],
    progress: (progress: PushProgress) => void,
    interruption?: AbortSignal,
  ): Promise<Result<PushSummary>> {
    const different: { readonly file: PushedFile; readonly size: number }[] = [];
    for (const file of files) {
      const size = await localSize(file.from);
      if (!size.ok) return size;
      const kept = await this.#keeps(file);
      if (!kept.ok) return kept;
      if (!kept.value) different.push({ file, size: size.value });
    }
    const totalBytes = different.reduce((sum, { size }) => sum + size, 0);
    let sentBytes = 0;
    for (const { file, size } of different) {
      if (interruption?.aborted === true) {
        return fail(interrupted(signalName(interruption), `pushing ${file.to}`));
      }
      progress({ file: file.to, sentBytes, totalBytes });
      const placed = await this.#place(file);
      if (!placed.ok) return placed;
      sentBytes += size;
      progress({ file: file.to, sentBytes, totalBytes });
    }
    return ok({ sent: different.length, kept: files.length - different.length, bytes: totalBytes });
  }

  async run(command: readonly string[], options: RunOptions): Promise<Result<RunSummary>> {
    const marker = new EndMarker();
    const temporary = join(this.folder, 'tmp');
    try {
      await mkdir(temporary, { recursive: true });
    } catch (error) {
      return fail(storageFailure(temporary, error));
    }
    const folder = join(this.folder, devicePath(options.cwd));
    const script = runScript({ command, folder, environment: options.environment }, marker);
    // Nothing of the user's environment: what a program finds there would decide its result unseen.
    const environment = { PATH: '/usr/bin:/bin', HOME: this.folder, TMPDIR: temporary, LANG: 'C.UTF-8' };
    const shell = { program: '/bin/sh', arguments: ['-c', script], environment };
    const end = await runSession(shell, marker, options);
    return runOutcome(end, command, options, {
      name: NAME,
      lost: (errors) => ({
        kind: 'device-unavailable',
        device: this.serial,
        message: `the shell that ran ${command[0]} on ${NAME} was killed${errors && `: ${errors}`}`,
        hint: 'Something ended it from outside; a machine out of memory does. See `dmesg`, then run again.',
      }),
      notStarted: (code) => ({
        kind: 'environment-missing',
        tool: 'sh',
        message: `cannot start /bin/sh: ${code}`,
      }),
    });
  }

  async pull(from: string, to: string): Promise<Result<void>> {
    const path = join(this.folder, deviceFile(from));
    const temporary = temporaryBeside(resolve(to));
    try {
      await mkdir(dirname(temporary), { recursive: true });
      await copyFile(path, temporary, constants.COPYFILE_FICLONE);
      await rename(temporary, resolve(to));
      return ok(undefined);
    } catch (error) {
      await rm(temporary, { force: true });
      if (errorCode(error) === 'ENOENT' && (await localHash(path)).ok) {
        return fail({ kind: 'input-missing', path: from, message: `${NAME} has no file ${path}` });
      }
      return fail(storageFailure(to, error));
    }
  }

  lock(wait?: LockWait): Promise<Result<DeviceLock>> {
    return takeDeviceLock(`emulator:${this.folder}`, NAME, wait);
  }

  /** Whether the file is there already, byte for byte; sets its mode if it is. */
  async #keeps(file: PushedFile): Promise<Result<boolean>> {
    const to = join(this.folder, deviceFile(file.to));
    const held = await localHash(to);
    if (!held.ok)
      return held.failure.kind === 'storage-failed' && held.failure.code === 'EISDIR' ? ok(false) : held;
    if (held.value !== file.sha256) return ok(false);
    try {
      await chmod(to, modeOf(file));
      return ok(true);
    } catch (error) {
      return fail(storageFailure(to, error));
    }
  }

  /**
   * A copy (a clone where the file system can), never a hard link: a program on the device may write to its files,
   * and a link would let it write into the store.
   */
  async #place(file: PushedFile): Promise<Result<void>> {
    const to = join(this.folder, deviceFile(file.to));
    const temporary = temporaryBeside(to);
    try {
      await mkdir(dirname(to), { recursive: true });
      await copyFile(file.from, temporary, constants.COPYFILE_FICLONE);
      const arrived = await localHash(temporary);
      if (!arrived.ok) return arrived;
      if (arrived.value !== file.sha256) return fail(inputChanged(file.from));
      await chmod(temporary, modeOf(file));
      await rename(temporary, to).catch(async (error) => {
        if (errorCode(error) !== 'EISDIR') throw error;
        await rm(to, { recursive: true });
        await rename(temporary, to);
      });
      return ok(undefined);
    } catch (error) {
      return fail(storageFailure(to, error));
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** The id in the folder, made when there is none. Two processes that make it at once agree on one. */
  async #stateId(): Promise<Result<string>> {
    const path = join(this.folder, 'device-id');
    try {
      await mkdir(this.folder, { recursive: true });
      const fresh = temporaryBeside(path);
      await writeFile(fresh, `${randomBytes(16).toString('hex')}\n`);
      // A link is made whole or, where another process was first, not at all.
      await link(fresh, path).catch((error) => {
        if (errorCode(error) !== 'EEXIST') throw error;
      });
      await rm(fresh);
      return ok((await readFile(path, 'utf8')).trim());
    } catch (error) {
      return fail(storageFailure(path, error));
    }
  }
}

function temporaryBeside(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.incoming`;
}

function modeOf(file: PushedFile): number {
  return file.executable ? 0o755 : 0o644;
}
