import type { DeviceUnavailable, Failure } from '../engine/failure.ts';
import { describeListed, type ListedDevice } from './adb-listing.ts';

interface StateWords {
  readonly is: string;
  readonly hint: string;
}

const STATES: Readonly<Record<string, StateWords>> = {
  unauthorized: {
    is: 'has not authorised this computer',
    hint: 'Unlock it and confirm "Allow USB debugging" on its screen, then run again.',
  },
  authorizing: {
    is: 'is still being authorised',
    hint: 'Unlock it and confirm "Allow USB debugging" on its screen, then run again.',
  },
  offline: {
    is: 'is offline: adb sees it, but it does not answer',
    hint: 'Unplug it and plug it in again, or run `adb reconnect offline`.',
  },
  'no permissions': {
    is: 'may not be opened by this user',
    hint: 'Install udev rules for it (Debian: `apt-get install android-sdk-platform-tools-common`), join the group plugdev, plug it in again.',
  },
  recovery: { is: 'is in recovery mode', hint: 'Restart it with `adb reboot`.' },
  sideload: { is: 'is in sideload mode', hint: 'Restart it with `adb reboot`.' },
  bootloader: { is: 'is in its boot loader', hint: 'Restart it with `fastboot reboot`.' },
  connecting: { is: 'is still connecting', hint: 'Run again in a moment.' },
};

/** Why a device that adb lists cannot be used. */
export function stateFailure(device: ListedDevice): DeviceUnavailable {
  const words = STATES[device.state] ?? {
    is: `cannot be used: adb calls its state "${device.state}"`,
    hint: 'See `adb devices -l`.',
  };
  return unavailable(device.serial, `device ${device.serial} ${words.is}`, words.hint);
}

/** The asked serial is not in adb's list. */
export function notAttached(serial: string, attached: readonly ListedDevice[]): DeviceUnavailable {
  const others =
    attached.length === 0 ? 'no device is attached' : `attached: ${attached.map(describeListed).join(', ')}`;
  return unavailable(
    serial,
    `device ${serial} is not attached; ${others}`,
    'Check the cable and that USB debugging is on, then `adb devices -l`; or use --device emulator.',
  );
}

/** No device at all where one was asked for. */
export function noneAttached(): DeviceUnavailable {
  return unavailable(
    'adb',
    'no device is attached',
    'Plug in a phone with USB debugging switched on and check `adb devices -l`; or use --device emulator.',
  );
}

/** More than one usable device and no word which. */
export function severalAttached(devices: readonly ListedDevice[]): DeviceUnavailable {
  const lines = devices.map(
    (device) => `  --device adb:${device.serial}${device.model && `   ${device.model}`}`,
  );
  return unavailable(
    'adb',
    `several devices: choose one with --device adb:SERIAL\n${lines.join('\n')}`,
    `For example: --device adb:${devices[0]?.serial ?? 'SERIAL'}`,
  );
}

/** What adb's own words on standard error mean; `doing` completes "while …". */
export function adbFailure(serial: string, doing: string, words: string): Failure {
  const text = words.trim();
  if (/No space left on device/i.test(text)) return deviceFull(serial, text);
  if (/Read-only file system|Permission denied/i.test(text)) {
    return {
      kind: 'storage-failed',
      path: serial,
      code: /Read-only/i.test(text) ? 'EROFS' : 'EACCES',
      message: `device ${serial} refused to write while ${doing}: ${lastLine(text)}`,
      hint: 'The folder must belong to the user that adb runs as; see `adb shell ls -ld /data/local/tmp`.',
    };
  }
  if (/unauthorized|failed to authenticate/i.test(text)) return stateFailure(listed(serial, 'unauthorized'));
  if (/device offline/i.test(text)) return stateFailure(listed(serial, 'offline'));
  if (/no permissions|insufficient permissions/i.test(text)) {
    return stateFailure(listed(serial, 'no permissions'));
  }
  if (/device '.*' not found|no devices\/emulators found|unknown host/i.test(text)) {
    return unavailable(
      serial,
      `device ${serial} went away while ${doing}`,
      'Check the cable and `adb devices -l`, then run again.',
    );
  }
  if (/cannot connect to daemon|failed to start daemon|failed to check server version/i.test(text)) {
    return unavailable(serial, `adb's server does not answer: ${lastLine(text)}`, 'Try `adb start-server`.');
  }
  return lost(serial, doing, text);
}

/**
 * The lines on standard error that adb wrote itself. A program's own come the same way, and what it says about
 * permissions is no word about the device.
 */
export function adbWords(errors: string): string {
  const own = errors
    .split(/\r?\n/)
    .filter((line) => /^(adb: |error: |\* |cannot connect to daemon)/.test(line));
  return own.join('\n');
}

/** The connection ended, or stopped moving, before the device said that all was well. */
export function lost(serial: string, doing: string, words: string): DeviceUnavailable {
  const cause = words.trim() === '' ? '' : `: ${lastLine(words)}`;
  return unavailable(
    serial,
    `the connection to device ${serial} was lost while ${doing}${cause}`,
    'Check the cable and `adb devices -l`, then run again; what has been pushed stays.',
  );
}

/** The connection stands, says adb, but nothing moves on it. */
export function stalled(serial: string, doing: string, seconds: number): DeviceUnavailable {
  return unavailable(
    serial,
    `device ${serial} made no progress for ${seconds} s while ${doing}`,
    'Check the cable; `adb reconnect` may help. Then run again; what has been pushed stays.',
  );
}

export function deviceFull(serial: string, cause: string): Failure {
  return {
    kind: 'storage-failed',
    path: serial,
    code: 'ENOSPC',
    message: `device ${serial} is full: ${lastLine(cause)}`,
    hint: `Free some space on it; \`adb -s ${serial} shell rm -r /data/local/tmp/rwkv-build\` removes all that rwkv-build put there.`,
  };
}

export function unavailable(device: string, message: string, hint: string): DeviceUnavailable {
  return { kind: 'device-unavailable', device, message, hint };
}

function listed(serial: string, state: string): ListedDevice {
  return { serial, state, model: '' };
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? '';
}
