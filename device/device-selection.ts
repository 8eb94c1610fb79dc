import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { AdbClient } from './adb-client.ts';
import { AdbDevice } from './adb-device.ts';
import { noneAttached, notAttached, severalAttached, stateFailure } from './adb-failure.ts';
import { describeListed, type ListedDevice } from './adb-listing.ts';
import { type Environment, findAdb } from './adb-program.ts';
import type { Device } from './device.ts';
import { EmulatorDevice } from './emulator-device.ts';

/** What `--device` asks for. */
export type DeviceRequest = 'auto' | 'emulator' | 'adb' | `adb:${string}`;

export interface SelectionContext {
  /** Where `ADB`, `PATH`, `ANDROID_SERIAL` and adb's own variables are looked up. */
  readonly environment: Environment;
  /** The folder that stands for the emulator, in the store. */
  readonly emulatorFolder: string;
}

export interface SelectedDevice {
  readonly device: Device;
  /** What the user should know about the choice. */
  readonly notice?: string;
}

/** States that pass by themselves within moments. */
const PASSING = new Set(['connecting', 'authorizing', 'offline']);
const SETTLE_MS = 3000;
const SETTLE_POLL_MS = 300;

/** The value of `--device`. Fails with `unknown-name`. */
export function parseDeviceRequest(text: string): Result<DeviceRequest> {
  if (text === 'auto' || text === 'emulator' || text === 'adb') return ok(text);
  if (/^adb:\S/.test(text)) return ok<DeviceRequest>(`adb:${text.slice('adb:'.length)}`);
  return fail({
    kind: 'unknown-name',
    what: 'device',
    name: text,
    message: `there is no device "${text}"`,
    hint: 'Use auto, emulator, adb (the one that is attached) or adb:SERIAL as in `adb devices`.',
  });
}

/**
 * The device that a request means. `auto` is the one attached usable phone, else the emulator with a notice that
 * says so; it never chooses between two phones. `ANDROID_SERIAL` chooses as it does for adb itself.
 */
export async function selectDevice(
  request: DeviceRequest,
  context: SelectionContext,
): Promise<Result<SelectedDevice>> {
  if (request === 'emulator') return ok({ device: new EmulatorDevice(context.emulatorFolder) });
  const named = context.environment.ANDROID_SERIAL ?? '';
  const serial = request.startsWith('adb:') ? request.slice('adb:'.length) : named;
  const program = findAdb(context.environment);
  if (!program.ok) return request === 'auto' ? emulatorInstead(context, program.failure.message) : program;
  const client = new AdbClient(program.value, context.environment);
  const listed = await settledDevices(client, serial);
  if (!listed.ok) return request === 'auto' ? emulatorInstead(context, messageOf(listed.failure)) : listed;
  if (serial !== '') return namedDevice(client, serial, listed.value);

  const usable = listed.value.filter((device) => device.state === 'device');
  const [first, second] = usable;
  if (first !== undefined && second === undefined) return ok({ device: new AdbDevice(client, first.serial) });
  if (first !== undefined) return fail(severalAttached(usable));
  const [unusable] = listed.value;
  if (request !== 'auto') return fail(unusable === undefined ? noneAttached() : stateFailure(unusable));
  return emulatorInstead(
    context,
    unusable === undefined
      ? 'no device attached'
      : `no usable device attached (${listed.value.map(describeListed).join(', ')})`,
  );
}

async function namedDevice(
  client: AdbClient,
  serial: string,
  attached: readonly ListedDevice[],
): Promise<Result<SelectedDevice>> {
  const found = attached.find((device) => device.serial === serial);
  if (found?.state === 'device') return ok({ device: new AdbDevice(client, serial) });
  if (found !== undefined) return fail(stateFailure(found));
  if (!/^.+:\d+$/.test(serial)) return fail(notAttached(serial, attached));
  const connected = await client.connect(serial);
  if (!connected.ok) return connected;
  const again = await settledDevices(client, serial);
  if (!again.ok) return again;
  const device = again.value.find((each) => each.serial === serial);
  if (device === undefined) return fail(notAttached(serial, again.value));
  return device.state === 'device'
    ? ok({ device: new AdbDevice(client, serial) })
    : fail(stateFailure(device));
}

/**
 * The list, looked at again for a moment while the device in question (any, when `serial` is empty) is still on its
 * way to being usable. Who has a usable device doesn't wait for what became of others: adb keeps dead ones listed.
 */
async function settledDevices(client: AdbClient, serial: string): Promise<Result<readonly ListedDevice[]>> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const listed = await client.devices();
    if (!listed.ok) return listed;
    const asked = listed.value.filter((device) => serial === '' || device.serial === serial);
    const usable = asked.some((device) => device.state === 'device');
    const settled = usable || !asked.some((device) => PASSING.has(device.state));
    if (settled || performance.now() > deadline) return listed;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
  }
}

function emulatorInstead(context: SelectionContext, why: string): Result<SelectedDevice> {
  return ok({
    device: new EmulatorDevice(context.emulatorFolder),
    notice: `${why}: using the x86-64 HTP emulator; its times say nothing about a phone`,
  });
}

function messageOf(failure: Failure): string {
  return failure.message.split('\n')[0] ?? failure.message;
}
