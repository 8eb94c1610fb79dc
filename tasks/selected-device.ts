import type { DeviceProperties } from '../device/device.ts';
import type { Failure } from '../engine/failure.ts';
import type { Result } from '../engine/result.ts';

/** The device that the last actions of a build run on. */
export interface SelectedDevice {
  /** How a program asks for the same one again: `emulator` or `adb:SERIAL`. */
  readonly request: string;
  readonly properties: DeviceProperties;
}

/** Finds the device behind `auto`, `emulator`, `adb` or `adb:SERIAL`; asked once for each in a build. */
export type ChooseDevice = (request: string) => Promise<Result<SelectedDevice, Failure>>;

/** What about a device decides the results that come from it. */
export function deviceProperties({ properties }: SelectedDevice): Readonly<Record<string, string>> {
  const { kind, serial, soc, model, operatingSystem, target, stateId } = properties;
  return {
    device: `${kind} ${serial} ${soc} ${model}`,
    'device-system': `${operatingSystem} ${target}`,
    'device-state': stateId,
  };
}

/** A phone is used by one action at a time; the emulator is only a program. */
export function deviceResource({ properties }: SelectedDevice): { readonly exclusive?: string } {
  return properties.emulated ? {} : { exclusive: `device ${properties.serial}` };
}

/** The JSON schema of a `with: device:` parameter. */
export const DEVICE_PARAMETER_SCHEMA = {
  type: 'string',
  default: 'auto',
  description:
    '`auto`: the attached phone, or the emulator where there is none; `emulator`; `adb`; `adb:SERIAL`.',
} as const;
