import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { storageFailure } from '../cache/storage-failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { unavailable } from './adb-failure.ts';
import type { DeviceLock, LockWait } from './device.ts';
import { interrupted, signalName } from './interruption.ts';

const POLL_MS = 200;
const ANSWER_MS = 500;

/**
 * Takes the lock of a device on this machine, for all users and stores on it.
 *
 * The lock is a listening socket, not a file: the kernel lets go of it when its process ends, however it ends, so
 * a dead process never holds a device and nobody has to guess from process ids whether one is alive. Whoever
 * connects is told who holds it.
 *
 * `id` tells devices apart; `name` is the device in messages. Fails with `device-unavailable` when it is in use
 * and `wait` is over or not given.
 */
export async function takeDeviceLock(id: string, name: string, wait?: LockWait): Promise<Result<DeviceLock>> {
  const address = lockAddress(id, process.platform);
  const deadline = performance.now() + (wait?.limitSeconds ?? 0) * 1000;
  for (let round = 0; ; round++) {
    const server = await listen(address);
    if (server.ok) return ok(lockOf(server.value));
    if (server.failure !== 'EADDRINUSE') {
      return fail(
        storageFailure(address.replace('\0', '@'), Object.assign(new Error(), { code: server.failure })),
      );
    }
    const holder = await holderOf(address);
    if (holder === undefined) {
      // It let go in this moment. Where sockets are files, its file is still there.
      if (!address.startsWith('\0')) await rm(address, { force: true });
      continue;
    }
    if (wait?.interruption?.aborted === true) {
      return fail(interrupted(signalName(wait.interruption), `waiting for ${name}`));
    }
    if (performance.now() >= deadline) {
      return fail(
        unavailable(
          id,
          `${name} is in use by ${holder}`,
          'Run again when that has ended, or choose another device.',
        ),
      );
    }
    if (round === 0) wait?.onWait(holder);
    await pause(POLL_MS, wait?.interruption);
  }
}

/** Linux has addresses that are no files and vanish with their socket; elsewhere it is a file. */
export function lockAddress(id: string, platform: NodeJS.Platform): string {
  const name = `rwkv-build-device-${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
  return platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(address: string): Promise<Result<Server, string>> {
  const words = holderWords();
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(words);
      // Not `end`: one who asks and then stops reading must not keep us from letting go.
      socket.destroySoon();
    });
    server.on('error', (error: NodeJS.ErrnoException) => resolve(fail(error.code ?? error.message)));
    server.listen(address, () => {
      server.unref();
      resolve(ok(server));
    });
  });
}

/** This process, for those who wait for it. */
function holderWords(): string {
  const command = [basename(process.argv[1] ?? 'node'), ...process.argv.slice(2)].join(' ');
  return `process ${process.pid} (${command})`;
}

/** Who holds the lock, in words; undefined when nobody does any more. */
function holderOf(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let words = '';
    const finish = (holder: string | undefined): void => {
      socket.destroy();
      resolve(holder);
    };
    // A holder that is busy or stopped accepts nothing at the moment, but holds it all the same.
    socket.setTimeout(ANSWER_MS, () => finish('another process'));
    socket.on('data', (chunk: Buffer) => {
      words += chunk.toString('utf8');
    });
    socket.on('end', () => finish(words === '' ? 'another process' : words));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? undefined : 'another process');
    });
  });
}

function lockOf(server: Server): DeviceLock {
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function pause(milliseconds: number, interruption: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      interruption?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    interruption?.addEventListener('abort', done);
  });
}
