import type { Result } from '../engine/result.ts';

/** The ABI that a device's programs are built for. */
export type DeviceTarget = 'x86_64-linux' | 'aarch64-linux' | 'aarch64-android';

/** What is known about a device before anything runs on it. */
export interface DeviceProperties {
  readonly kind: 'emulator' | 'adb';
  /** adb's serial; `emulator` for the emulator. */
  readonly serial: string;
  /** Qualcomm's name of the chip, as `SM8650`; `any` for the emulator, `unknown` where the device does not say. */
  readonly soc: string;
  readonly model: string;
  readonly operatingSystem: string;
  readonly target: DeviceTarget;
  /** A random id kept in the device's folder: a wiped device gets another, so that nothing is taken to be on it. */
  readonly stateId: string;
  /** Programs run on an x86-64 emulation of the HTP: their results count, their times do not. */
  readonly emulated: boolean;
}

/** A file that the device must have. */
export interface PushedFile {
  /** On this machine. */
  readonly from: string;
  /** On the device, relative to its folder. */
  readonly to: string;
  /** What `from` holds, and what must have arrived. Lower-case hexadecimal. */
  readonly sha256: string;
  readonly executable: boolean;
}

/** How far a push has come. Both figures are of the files that have to be sent, in bytes. */
export interface PushProgress {
  /** The file that is on its way, as named on the device. */
  readonly file: string;
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** What a push came to. */
export interface PushSummary {
  /** Files that were missing or different on the device. */
  readonly sent: number;
  /** Files that were already there, byte for byte. */
  readonly kept: number;
  /** Bytes of the files that were sent. */
  readonly bytes: number;
}

export interface RunOptions {
  /** Relative to the device's folder; made when it is not there. `.` is the folder itself. */
  readonly cwd: string;
  /** Added to what the device itself sets (a phone's shell) or to a bare environment (the emulator). */
  readonly environment: Readonly<Record<string, string>>;
  /** The program is ended when it runs longer. */
  readonly timeLimitSeconds: number;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
  /** Ends the program on the device when it fires; a string as its reason is taken to be the signal's name. */
  readonly interruption?: AbortSignal;
}

/** How a program on the device ended. */
export interface RunSummary {
  /**
   * The program's own exit code, carried by an end marker; 128 + n when signal n ended it, 126 and 127 when it
   * could not be started, as a shell has it.
   */
  readonly exitCode: number;
}

/** How to wait for a device that somebody else is using. */
export interface LockWait {
  readonly limitSeconds: number;
  /** Told once, when waiting starts: who holds the device, in words. */
  readonly onWait: (holder: string) => void;
  readonly interruption?: AbortSignal;
}

/** The right to use a device, until it is released or this process ends, however it ends. */
export interface DeviceLock {
  release(): Promise<void>;
}

/**
 * Where the last actions run. Every method fails with `device-unavailable` when the device goes away, and never
 * reports a success that the device itself did not report.
 */
export interface Device {
  /** adb's serial, or `emulator`. */
  readonly serial: string;
  /** Absolute path, on the device, of the folder that all relative paths here are relative to. */
  readonly folder: string;
  properties(): Promise<Result<DeviceProperties>>;
  /**
   * Brings files to the device: only what differs, under a temporary name until its SHA-256 has been checked on
   * arrival. Fails with `input-missing` and `input-changed` for `from`, `storage-failed` for a full device.
   */
  push(
    files: readonly PushedFile[],
    progress: (progress: PushProgress) => void,
    interruption?: AbortSignal,
  ): Promise<Result<PushSummary>>;
  /**
   * Runs one program to its end. Fails with `action-failed` at the time limit and `interrupted` by the signal;
   * a program's own failure is no failure here but an exit code.
   */
  run(command: readonly string[], options: RunOptions): Promise<Result<RunSummary>>;
  /** Fetches one file, checked on arrival. Fails with `input-missing` when the device doesn't have it. */
  pull(from: string, to: string): Promise<Result<void>>;
  /** One user of a device at a time. Without `wait`, a device in use is `device-unavailable` at once. */
  lock(wait?: LockWait): Promise<Result<DeviceLock>>;
}
