/** One line of `adb devices -l`. */
export interface ListedDevice {
  readonly serial: string;
  /** `device` is usable; others: `offline`, `unauthorized`, `no permissions`, `recovery`, … */
  readonly state: string;
  /** What adb calls the model; empty when the device has not said. */
  readonly model: string;
}

const LINE = /^(\(no serial number\)|\S+)\s+(no permissions|\S+)(.*)$/;

/** The devices in the output of `adb devices -l`. Lines that are no device (the server's own talk) are left out. */
export function parseListing(output: string): readonly ListedDevice[] {
  const lines = output.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('List of devices'));
  if (start < 0) return [];
  const devices: ListedDevice[] = [];
  for (const line of lines.slice(start + 1)) {
    const match = line.startsWith('*') ? null : LINE.exec(line.trim());
    if (match === null) continue;
    const [, serial = '', state = '', details = ''] = match;
    const model = /\bmodel:(\S+)/.exec(details)?.[1] ?? '';
    devices.push({ serial, state, model: model.replaceAll('_', ' ') });
  }
  return devices;
}

/** A device in a few words: `R5CT1234 (SM S918B)`. */
export function describeListed(device: ListedDevice): string {
  const words = [device.model, device.state === 'device' ? '' : device.state].filter((word) => word !== '');
  return words.length === 0 ? device.serial : `${device.serial} (${words.join(', ')})`;
}
