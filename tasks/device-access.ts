import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from '../cache/cache-root.ts';
import type { Device } from '../device/device.ts';
import { parseDeviceRequest, selectDevice } from '../device/device-selection.ts';
import type { Failure } from '../engine/failure.ts';
import { ok, type Result } from '../engine/result.ts';
import type { ChooseDevice, SelectedDevice } from './selected-device.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Names the file that holds what the user's environment says of adb, for an action, which does not see it. */
export const ADB_ENVIRONMENT = 'RWKV_BUILD_ADB_ENVIRONMENT';

/** The device behind a request such as `auto` or `adb:SERIAL`, ready to be used. */
export async function openDevice(
  text: string,
  environment: Environment,
): Promise<Result<{ readonly device: Device; readonly notice?: string }, Failure>> {
  const request = parseDeviceRequest(text);
  if (!request.ok) return request;
  const handedOn = environment[ADB_ENVIRONMENT];
  const adb = handedOn === undefined ? {} : JSON.parse(await readFile(handedOn, 'utf8'));
  return selectDevice(request.value, {
    environment: { ...environment, ...(adb as Environment) },
    emulatorFolder: join(cacheRoot(environment), 'emulator'),
  });
}

/** Chooses devices for a build: each request is looked up once, and what is worth saying is said once. */
export function deviceChooser(environment: Environment, notify: (text: string) => void): ChooseDevice {
  const chosen = new Map<string, Promise<Result<SelectedDevice, Failure>>>();
  return (text) => {
    let choice = chosen.get(text);
    if (choice === undefined) {
      choice = choose(text, environment, notify);
      chosen.set(text, choice);
    }
    return choice;
  };
}

async function choose(
  text: string,
  environment: Environment,
  notify: (text: string) => void,
): Promise<Result<SelectedDevice, Failure>> {
  const opened = await openDevice(text, environment);
  if (!opened.ok) return opened;
  const { device, notice } = opened.value;
  const properties = await device.properties();
  if (!properties.ok) return properties;
  if (notice !== undefined) notify(notice);
  const { kind, serial } = properties.value;
  return ok({ request: kind === 'emulator' ? 'emulator' : `adb:${serial}`, properties: properties.value });
}
