import { randomBytes } from 'node:crypto';
import { fail, ok, type Result } from '../engine/result.ts';
import type { AdbClient } from './adb-client.ts';
import { adbFailure, unavailable } from './adb-failure.ts';
import type { DeviceProperties, DeviceTarget } from './device.ts';
import { shellQuote } from './shell-quote.ts';

/** Chips by the name of their platform, for phones whose Android (before 12) does not know `ro.soc.model`. */
const PLATFORMS: Readonly<Record<string, string>> = {
  lahaina: 'SM8350',
  taro: 'SM8450',
  kalama: 'SM8550',
  pineapple: 'SM8650',
  sun: 'SM8750',
  canoe: 'SM8850',
};

const MACHINES: Readonly<Record<string, 'x86_64' | 'aarch64'>> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  aarch64: 'aarch64',
  arm64: 'aarch64',
  armv8l: 'aarch64',
};

const KEYS = [
  'ro.soc.model',
  'ro.board.platform',
  'ro.product.cpu.abi',
  'ro.product.manufacturer',
  'ro.product.model',
  'ro.build.version.release',
  'ro.build.id',
] as const;

/** What a device answered, by name: Android's properties, and `machine`, `kernel`, … of the boards without any. */
export type DeviceAnswers = ReadonlyMap<string, string>;

/**
 * The script that asks for everything at once. A Linux board has no `getprop`: it is asked for what the kernel
 * shows. The id is made up here and kept by the device that has none yet.
 */
export function propertiesScript(folder: string, freshId: string): string {
  const id = shellQuote(`${folder}/device-id`);
  return [
    `mkdir -p ${shellQuote(folder)} || exit 1`,
    `[ -s ${id} ] || { echo ${freshId} >${id}.new && mv -f ${id}.new ${id}; } || exit 1`,
    `echo "state-id=$(cat ${id})"`,
    'echo "machine=$(uname -m)"',
    'echo "kernel=$(uname -sr)"',
    'if command -v getprop >/dev/null 2>&1; then',
    `  for key in ${KEYS.join(' ')}; do echo "$key=$(getprop $key)"; done`,
    'fi',
    'for file in soc0/machine soc0/soc_id; do',
    '  [ -r /sys/devices/$file ] && echo "$file=$(cat /sys/devices/$file)"',
    'done',
    '[ -r /proc/device-tree/model ] && echo "board=$(tr -d "\\\\000" </proc/device-tree/model)"',
    `[ -r /etc/os-release ] && echo "system=$(. /etc/os-release; echo "$PRETTY_NAME")"`,
    'exit 0',
  ].join('\n');
}

/** The answers of `propertiesScript`, a `name=value` a line; empty values are left out. */
export function parseAnswers(output: string): DeviceAnswers {
  const answers = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const at = line.indexOf('=');
    const value = line.slice(at + 1).trim();
    if (at > 0 && value !== '') answers.set(line.slice(0, at), value);
  }
  return answers;
}

/** What a device is by its answers. Fails with `device-unavailable` for one that nothing is built for. */
export function propertiesOf(serial: string, answers: DeviceAnswers): Result<DeviceProperties> {
  const stateId = answers.get('state-id');
  if (stateId === undefined) {
    return fail(adbFailure(serial, 'asking for its properties', 'it did not answer'));
  }
  const release = answers.get('ro.build.version.release');
  const target = targetOf(answers, release === undefined ? 'linux' : 'android');
  if (target === undefined) {
    const abi = answers.get('ro.product.cpu.abi') ?? answers.get('machine') ?? 'unknown';
    const system = release === undefined ? 'Linux' : 'Android';
    return fail(
      unavailable(
        serial,
        `device ${serial} is ${system} on ${abi}; only 64-bit ARM (and x86-64 Linux) can be used`,
        'Choose another device, or --device emulator.',
      ),
    );
  }
  return ok({
    kind: 'adb',
    serial,
    soc: socOf(answers),
    model: modelOf(answers),
    operatingSystem: systemOf(answers, release),
    target,
    stateId,
    // No x86-64 chip has an HTP: what runs there is the emulator, wherever it is plugged in.
    emulated: target === 'x86_64-linux',
  });
}

/** Asks a device for its properties; makes its folder and its id where they are missing. */
export async function readProperties(
  client: AdbClient,
  serial: string,
  folder: string,
): Promise<Result<DeviceProperties>> {
  const doing = 'asking for its properties';
  const script = propertiesScript(folder, randomBytes(16).toString('hex'));
  const end = await client.script(serial, doing, script);
  if (!end.ok) return end;
  if (end.value.exitCode !== 0) return fail(adbFailure(serial, doing, end.value.stderr));
  return propertiesOf(serial, parseAnswers(end.value.stdout));
}

function targetOf(answers: DeviceAnswers, system: 'android' | 'linux'): DeviceTarget | undefined {
  if (system === 'android') {
    return answers.get('ro.product.cpu.abi') === 'arm64-v8a' ? 'aarch64-android' : undefined;
  }
  const machine = MACHINES[answers.get('machine') ?? ''];
  return machine === undefined ? undefined : `${machine}-linux`;
}

function socOf(answers: DeviceAnswers): string {
  const named = answers.get('ro.soc.model') ?? answers.get('soc0/machine');
  // Some phones add their bin: `SM8750-AC` is an SM8750.
  if (named !== undefined) return /^[A-Z]+\d+(?:XP|P)?/.exec(named.toUpperCase())?.[0] ?? named;
  return PLATFORMS[answers.get('ro.board.platform') ?? ''] ?? 'unknown';
}

function modelOf(answers: DeviceAnswers): string {
  const maker = answers.get('ro.product.manufacturer');
  const model = answers.get('ro.product.model');
  if (model !== undefined)
    return maker === undefined || model.startsWith(maker) ? model : `${maker} ${model}`;
  return answers.get('board') ?? 'unknown';
}

function systemOf(answers: DeviceAnswers, release: string | undefined): string {
  const kernel = answers.get('kernel') ?? 'unknown kernel';
  if (release !== undefined) {
    const build = answers.get('ro.build.id');
    return build === undefined ? `Android ${release} (${kernel})` : `Android ${release} ${build} (${kernel})`;
  }
  const system = answers.get('system');
  return system === undefined ? kernel : `${system} (${kernel})`;
}
