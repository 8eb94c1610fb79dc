import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ADB_LIMITS, AdbClient } from '../../device/adb-client.ts';
import { ADB_FOLDER, AdbDevice } from '../../device/adb-device.ts';
import { boundedProcess } from '../../device/bounded-process.ts';
import type { Device } from '../../device/device.ts';
import { EmulatedPhone } from '../../device/emulated-phone.ts';
import type { Result } from '../../engine/result.ts';
import { until } from '../rig/process-state.ts';
import { adbProgram, phoneAdbd, privateAdb } from './adb-place.ts';
import { Captured, pushable } from './device-place.ts';
import { type Direction, type Fault, FaultyLink } from './faulty-link.ts';

// Every fault at every step of the use of a device. Each ends by itself, in a right result or in one failure that
// says what happened; the next try brings the right result; nothing half is under its final name, and no program
// stays behind.

const adbd = await phoneAdbd();
if (typeof adbd === 'string') console.log(`skipped, the fault matrix: ${adbd}`);

const FOLDER = `${ADB_FOLDER}-faults`;
const LIMITS = { ...ADB_LIMITS, stallSeconds: 2, pollSeconds: 0.2, silenceSeconds: 3 };
/** No step may take longer, whatever befalls it: that would be a hang. */
const HANG_MS = 30_000;

const BYTES = 20_000_000;
const content = randomBytes(BYTES);
const digest = createHash('sha256').update(content).digest('hex');

interface Rig {
  readonly phone: EmulatedPhone;
  readonly client: AdbClient;
  readonly killServer: () => void;
  readonly folder: string;
}

interface Step {
  readonly name: string;
  /** Bytes that pass in this direction before the fault comes. */
  readonly after: number;
  readonly direction: Direction;
  /** Does it and returns what it came to, in words that are the same whenever it went well. */
  readonly attempt: (device: Device, rig: Rig) => Promise<Result<string>>;
  readonly right: string;
}

const push: Step['attempt'] = async (device, rig) => {
  const file = await pushable(rig.folder, 'pushed', content);
  const pushed = await device.push([file], () => {});
  return pushed.ok ? { ok: true, value: 'pushed' } : pushed;
};

const steps: readonly Step[] = [
  {
    name: 'properties',
    after: 1,
    direction: 'to-device',
    right: 'SM8650',
    attempt: async (device) => {
      const asked = await device.properties();
      return asked.ok ? { ok: true, value: asked.value.soc } : asked;
    },
  },
  ...[0.01, 0.25, 0.5, 0.75, 0.99].map(
    (part): Step => ({
      name: `push, ${Math.round(100 * part)} %`,
      after: part * BYTES,
      direction: 'to-device',
      right: 'pushed',
      attempt: push,
    }),
  ),
  {
    name: 'run',
    after: 300_000,
    direction: 'from-device',
    right: '0 1000000',
    attempt: async (device) => {
      let bytes = 0;
      const onStdout = (chunk: Uint8Array): void => {
        bytes += chunk.byteLength;
      };
      const script = 'echo $$ >pid; head -c 600000 /dev/zero; sleep 0.3; exec head -c 400000 /dev/zero';
      const ended = await device.run(
        ['sh', '-c', script],
        new Captured().options({ onStdout, timeLimitSeconds: 5 }),
      );
      return ended.ok ? { ok: true, value: `${ended.value.exitCode} ${bytes}` } : ended;
    },
  },
  {
    name: 'pull',
    after: BYTES / 2,
    direction: 'from-device',
    right: digest,
    attempt: async (device, rig) => {
      const to = join(rig.folder, 'pulled');
      await rm(to, { force: true });
      const pulled = await device.pull('kept', to);
      if (!pulled.ok) {
        await assertAbsent(to);
        return pulled;
      }
      return {
        ok: true,
        value: createHash('sha256')
          .update(await readFile(to))
          .digest('hex'),
      };
    },
  },
];

const faults: Readonly<Record<string, (rig: Rig) => Fault>> = {
  cut: () => 'cut',
  stall: () => 'stall',
  'adbd killed': (rig) => () => void rig.phone.restartAdbd(),
  'server killed': (rig) => rig.killServer,
};

async function assertAbsent(path: string): Promise<void> {
  assert.is(
    await readFile(path).then(
      () => 'there',
      () => 'absent',
    ),
    'absent',
    path,
  );
}

/** Waits until adb can use the device: it notices a lost link in its own time. */
async function usable(client: AdbClient, serial: string): Promise<AdbDevice> {
  await until(async () => {
    await client.connect(serial);
    return (await client.script(serial, 'asking', 'echo there')).ok;
  }, `${serial} is usable`);
  return new AdbDevice(client, serial, FOLDER);
}

async function bounded<Value>(what: string, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), HANG_MS);
  });
  return Promise.race([work, hang]).finally(() => clearTimeout(timer));
}

async function said(device: Device, script: string): Promise<string> {
  const captured = new Captured();
  const ended = await device.run(['sh', '-c', script], captured.options());
  return ended.ok ? captured.stdout.trim() : ended.failure.message;
}

/** A failure's first line without what differs from one run to the next. */
function inShort(message: string): string {
  const [line = ''] = message.split('\n');
  return line
    .replace(/127\.0\.0\.1:\d+/g, 'PHONE')
    .replace(/\S*source-[0-9a-f]+'?/g, 'FILE')
    .replace(/\.incoming\/[0-9a-f]+/g, '.incoming/TEMPORARY');
}

/** One cell of the matrix; returns how the step ended under the fault. */
async function cell(step: Step, fault: (rig: Rig) => Fault, rig: Rig): Promise<string> {
  const direct = await usable(rig.client, rig.phone.serial);
  await said(direct, 'rm -f pushed pid');
  const link = await FaultyLink.to(rig.phone.serial);
  try {
    const device = await usable(rig.client, link.address);
    link.failAfter(step.after, fault(rig), step.direction);
    const first = await bounded(step.name, step.attempt(device, rig));
    assert.not.ok(link.isArmed, `the fault did not come during ${step.name}`);
    if (first.ok) assert.is(first.value, step.right);
    else assert.ok(['device-unavailable', 'action-failed'].includes(first.failure.kind), first.failure.kind);
    // Over a stalled link the phone cannot be told anything, until it is no link at all.
    link.cut();
    assert.not.match(first.ok ? '' : first.failure.message, /\d%\]/, 'how far it had come is no cause');
    const there = await usable(rig.client, rig.phone.serial);
    const pushed = await said(there, '[ -e pushed ] && sha256sum <pushed | cut -c 1-64 || echo none');
    assert.ok([digest, 'none'].includes(pushed), `a part of the file has its name: ${pushed}`);
    await until(
      async () =>
        (await said(there, '[ -e pid ] && [ -d /proc/$(cat pid) ] && echo runs || echo ended')) === 'ended',
      'the program on the device has ended',
    );
    const again = await step.attempt(await usable(rig.client, link.address), rig);
    assert.is(again.ok ? again.value : again.failure.message, step.right);
    return first.ok ? 'right at once' : inShort(first.failure.message);
  } finally {
    link.close();
  }
}

if (typeof adbd !== 'string') {
  const program = await adbProgram();
  const adb = await privateAdb(program);
  const started = await EmulatedPhone.start({ adbd: adbd.folder, soc: 'SM8650' });
  if (!started.ok) throw new Error(started.failure.message);
  const client = new AdbClient(program, adb.environment, LIMITS);
  const folder = await mkdtemp(join(tmpdir(), 'rwkv-build-faults-'));
  const killServer = (): void => {
    void boundedProcess({
      program,
      arguments: ['kill-server'],
      environment: adb.environment,
      silenceSeconds: 5,
    });
  };
  const rig: Rig = { phone: started.value, client, killServer, folder };
  const outcomes: string[] = [];
  test.before(async () => {
    const device = await usable(client, rig.phone.serial);
    const kept = await device.push([await pushable(folder, 'kept', content)], () => {});
    assert.ok(kept.ok);
  });
  for (const [name, fault] of Object.entries(faults)) {
    for (const step of steps) {
      test(`${name} during ${step.name}: one clear end, and the next try is right`, async () => {
        outcomes.push(`| ${step.name} | ${name} | ${await cell(step, fault, rig)} |`);
      });
    }
  }
  test.after(async () => {
    console.log(['', '| step | fault | end |', '|---|---|---|', ...outcomes].join('\n'));
    await adb.close();
    await rig.phone.stop();
    await rm(folder, { recursive: true });
  });
}

test.run();
