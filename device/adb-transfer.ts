import { stat } from 'node:fs/promises';
import type { Failure } from '../engine/failure.ts';
import { fail, type Result } from '../engine/result.ts';
import type { AdbClient } from './adb-client.ts';
import { stalled } from './adb-failure.ts';
import { interrupted, signalName } from './interruption.ts';
import { shellQuote } from './shell-quote.ts';

export interface Transfer {
  readonly direction: 'push' | 'pull';
  /** Absolute, on the sending side. */
  readonly from: string;
  /** Absolute, on the receiving side: a temporary name, for what lies there later may be anything. */
  readonly to: string;
  /** Called with the bytes that have arrived. */
  readonly onArrived: (bytes: number) => void;
  readonly interruption?: AbortSignal;
}

/**
 * `adb push` or `adb pull` of one file that cannot hang. adb tells its progress to terminals only, and on a
 * stalled link it waits for ever while it still calls the device usable; so the size of the growing file is looked
 * at on the receiving side, over the same link.
 */
export async function transferFile(
  client: AdbClient,
  serial: string,
  transfer: Transfer,
): Promise<Result<void>> {
  const { pollSeconds, stallSeconds } = client.limits;
  const doing = `${transfer.direction}ing ${transfer.from}`;
  const stop = new AbortController();
  let trouble: Failure | undefined;
  const onInterruption = (): void => {
    trouble = interrupted(signalName(transfer.interruption), doing);
    stop.abort();
  };
  if (transfer.interruption?.aborted === true) onInterruption();
  transfer.interruption?.addEventListener('abort', onInterruption);

  let arrived = 0;
  let movedAt = performance.now();
  let looking = false;
  const look = async (): Promise<void> => {
    looking = true;
    const bytes =
      transfer.direction === 'push'
        ? await remoteSize(client, serial, transfer.to, stop.signal)
        : await localSize(transfer.to);
    if (bytes > arrived) {
      arrived = bytes;
      movedAt = performance.now();
      transfer.onArrived(bytes);
    }
    looking = false;
  };
  const poll = setInterval(() => {
    if ((performance.now() - movedAt) / 1000 > stallSeconds) {
      trouble ??= stalled(serial, doing, stallSeconds);
      stop.abort();
    } else if (!looking) void look();
  }, pollSeconds * 1000);

  const sent = await client.transfer(serial, transfer.direction, transfer.from, transfer.to, stop.signal);
  clearInterval(poll);
  stop.abort(); // A last look that is still under way has nothing to tell any more.
  transfer.interruption?.removeEventListener('abort', onInterruption);
  if (!sent.ok && trouble !== undefined) return fail(trouble);
  return sent;
}

async function remoteSize(
  client: AdbClient,
  serial: string,
  path: string,
  stop: AbortSignal,
): Promise<number> {
  const script = `stat -c %s ${shellQuote(path)}`;
  const end = await client.script(serial, 'looking at a file', script, client.limits.silenceSeconds, stop);
  // No answer is no progress; the transfer itself says what is wrong.
  return end.ok && end.value.exitCode === 0 ? Number(end.value.stdout.trim()) || 0 : 0;
}

async function localSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
