import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import type { AdbClient } from './adb-client.ts';
import { adbFailure, deviceFull, unavailable } from './adb-failure.ts';
import { transferFile } from './adb-transfer.ts';
import type { PushedFile, PushProgress, PushSummary } from './device.ts';
import { deviceFile } from './device-path.ts';
import { inputChanged, localHash, localSize } from './local-file.ts';
import { shellQuote } from './shell-quote.ts';

/** adb passes a script as one message; this many lines of paths stay far below its limit of 64 KiB. */
const FILES_A_SCRIPT = 100;
/** Bytes a second that any phone hashes; a single file may take this long without a word. */
const HASHED_A_SECOND = 20e6;
/** Left free for the programs' own files. */
const SPARE_BYTES = 64 * 1024 * 1024;

interface SizedFile extends PushedFile {
  readonly size: number;
}

/** Our folder on an adb device: what is in it, and how files get into it whole or not at all. */
export class AdbStore {
  readonly #client: AdbClient;
  readonly #serial: string;
  readonly #folder: string;

  constructor(client: AdbClient, serial: string, folder: string) {
    this.#client = client;
    this.#serial = serial;
    this.#folder = folder;
  }

  /** See `Device.push`. The device's own hashes decide what differs, so a file damaged there is sent again. */
  async push(
    files: readonly PushedFile[],
    progress: (progress: PushProgress) => void,
    interruption?: AbortSignal,
  ): Promise<Result<PushSummary>> {
    const sized = await sizedFiles(files);
    if (!sized.ok) return sized;
    const held = await this.#hashes(sized.value, interruption);
    if (!held.ok) return held;
    const different = sized.value.filter((file, index) => held.value[index] !== file.sha256);
    const totalBytes = different.reduce((sum, file) => sum + file.size, 0);
    if (different.length > 0) {
      const ready = await this.#makeRoom(totalBytes);
      if (!ready.ok) return ready;
    }
    let sentBytes = 0;
    for (const file of different) {
      const report = (bytes: number): void =>
        progress({ file: file.to, sentBytes: sentBytes + bytes, totalBytes });
      report(0);
      const sent = await this.#send(file, report, interruption);
      if (!sent.ok) return sent;
      report(file.size);
      sentBytes += file.size;
    }
    return ok({ sent: different.length, kept: files.length - different.length, bytes: totalBytes });
  }

  /** SHA-256 of each file as the device holds it, `absent` where it holds none of that size; sets their modes. */
  async #hashes(files: readonly SizedFile[], interruption?: AbortSignal): Promise<Result<readonly string[]>> {
    const hashes: string[] = [];
    for (let first = 0; first < files.length; first += FILES_A_SCRIPT) {
      const some = files.slice(first, first + FILES_A_SCRIPT);
      const script = [
        `cd ${shellQuote(this.#folder)} 2>/dev/null || cd /`,
        // Of another size it is another file, without reading it.
        'look() { if [ "$(stat -c %s "$3" 2>/dev/null)" = $2 ] && [ -f "$3" ]; then chmod $1 "$3"; sha256sum <"$3"; else echo absent; fi; }',
        ...some.map((file) => `look ${modeOf(file)} ${file.size} ${shellQuote(`./${deviceFile(file.to)}`)}`),
      ].join('\n');
      const largest = Math.max(...some.map((file) => file.size));
      const doing = 'looking at what is on it';
      const end = await this.#client.script(
        this.#serial,
        doing,
        script,
        this.#patience(largest),
        interruption,
      );
      if (!end.ok) return end;
      const lines = end.value.stdout.split(/\r?\n/).filter((line) => line !== '');
      if (lines.length !== some.length) return fail(adbFailure(this.#serial, doing, end.value.stderr));
      hashes.push(...lines.map((line) => line.split(/\s/)[0] ?? ''));
    }
    return ok(hashes);
  }

  /** Removes what killed pushes left behind, and asks for space before rather than in the middle. */
  async #makeRoom(bytes: number): Promise<Result<void>> {
    const incoming = shellQuote(this.#incoming());
    const script = `rm -rf ${incoming}; mkdir -p ${incoming} || exit 1\ndf -k ${incoming}; exit 0`;
    const doing = 'making room for files';
    const end = await this.#client.script(this.#serial, doing, script);
    if (!end.ok) return end;
    if (end.value.exitCode !== 0) return fail(adbFailure(this.#serial, doing, end.value.stderr));
    const free = freeBytes(end.value.stdout);
    if (free !== undefined && free < bytes + SPARE_BYTES) {
      return fail(
        deviceFull(this.#serial, `${megabytes(free)} are free, ${megabytes(bytes)} are to be pushed`),
      );
    }
    return ok(undefined);
  }

  /** One file under a temporary name, checked by the device, then renamed. A damaged transfer gets one more try. */
  async #send(
    file: SizedFile,
    onArrived: (bytes: number) => void,
    interruption?: AbortSignal,
  ): Promise<Result<void>> {
    for (let attempt = 1; ; attempt++) {
      const temporary = `${this.#incoming()}/${randomBytes(8).toString('hex')}`;
      const sent = await transferFile(this.#client, this.#serial, {
        direction: 'push',
        from: resolve(file.from),
        to: temporary,
        onArrived,
        ...(interruption === undefined ? {} : { interruption }),
      });
      if (!sent.ok) return sent;
      const placed = await this.#place(file, temporary);
      if (!placed.ok) return placed;
      if (placed.value === file.sha256) return ok(undefined);
      const local = await localHash(file.from);
      if (!local.ok) return local;
      if (local.value !== file.sha256) return fail(inputChanged(file.from));
      if (attempt === 2) return fail(this.#damaged(file));
    }
  }

  /** Renames the file if it arrived whole; returns the hash that the device found. */
  async #place(file: SizedFile, temporary: string): Promise<Result<string>> {
    const to = `${this.#folder}/${deviceFile(file.to)}`;
    const from = shellQuote(temporary);
    const target = shellQuote(to);
    const script = [
      `hash=$(sha256sum <${from} | cut -c 1-64)`,
      'echo "$hash"',
      `[ -n "$hash" ] || exit 1`,
      `[ "$hash" = ${file.sha256} ] || { rm -f ${from}; exit 0; }`,
      `mkdir -p ${shellQuote(to.slice(0, to.lastIndexOf('/')))} || exit 1`,
      // A folder in its place would swallow the file: `mv` would move it inside.
      `[ -d ${target} ] && { rm -rf ${target} || exit 1; }`,
      `chmod ${modeOf(file)} ${from} && mv -f ${from} ${target}`,
    ].join('\n');
    const doing = `checking ${file.to}`;
    const end = await this.#client.script(this.#serial, doing, script, this.#patience(file.size));
    if (!end.ok) return end;
    if (end.value.exitCode !== 0) return fail(adbFailure(this.#serial, doing, end.value.stderr));
    return ok(end.value.stdout.trim());
  }

  #damaged(file: PushedFile): Failure {
    return unavailable(
      this.#serial,
      `${file.to} arrived damaged on device ${this.#serial}, twice`,
      'Use another cable or port, and check the storage of the device.',
    );
  }

  #patience(bytes: number): number {
    return this.#client.limits.silenceSeconds + bytes / HASHED_A_SECOND;
  }

  #incoming(): string {
    return `${this.#folder}/.incoming`;
  }
}

async function sizedFiles(files: readonly PushedFile[]): Promise<Result<readonly SizedFile[]>> {
  const sized: SizedFile[] = [];
  for (const file of files) {
    const size = await localSize(file.from);
    if (!size.ok) return size;
    sized.push({ ...file, size: size.value });
  }
  return ok(sized);
}

function modeOf(file: PushedFile): string {
  return file.executable ? '755' : '644';
}

/** Free bytes by the output of `df -k`: toybox, busybox and GNU agree on the last line's columns from its end. */
export function freeBytes(output: string): number | undefined {
  const columns = output.trim().split(/\r?\n/).at(-1)?.trim().split(/\s+/) ?? [];
  const free = Number(columns.at(-3));
  return columns.length >= 5 && Number.isFinite(free) ? free * 1024 : undefined;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
