import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ADB_LIMITS, AdbClient } from '../../device/adb-client.ts';
import { ADB_FOLDER, AdbDevice } from '../../device/adb-device.ts';
import type { Device } from '../../device/device.ts';
import { selectDevice } from '../../device/device-selection.ts';
import { until } from '../rig/process-state.ts';
import { adbPlace } from './adb-place.ts';
import { Captured, pushable, withFolder } from './device-place.ts';
import { FaultyLink } from './faulty-link.ts';

// The real adb and a real adbd: that of the emulated phone, or of the device that RWKV_BUILD_TEST_ADB_SERIAL names.
// What the tests put there stays in a folder of its own and is removed. The tests that cut the link need a device on
// the network (HOST:PORT).

const FOLDER = `${ADB_FOLDER}-test`;
const LIMITS = { ...ADB_LIMITS, stallSeconds: 2, pollSeconds: 0.2, silenceSeconds: 10 };

const place = await adbPlace();
if (typeof place === 'string') console.log(`skipped, the tests with a real adb: ${place}`);
const { serial, program, environment } =
  typeof place === 'string' ? { serial: '', program: '', environment: {} } : place;
const onNetwork = /:\d+$/.test(serial);
if (serial !== '' && !onNetwork) {
  console.log(`skipped, the tests that cut the link: ${serial} is not on the network`);
}

const onDevice = serial === '' ? test.skip : test;
const onLink = onNetwork ? test : test.skip;
test.after(async () => {
  if (typeof place !== 'string') await place.close();
});
const noProgress = (): void => {};

async function withDevice(use: (device: Device, sources: string) => Promise<void>): Promise<void> {
  await withFolder(async (sources) => {
    const selected = await selectDevice(`adb:${serial}`, {
      environment,
      emulatorFolder: sources,
    });
    assert.ok(selected.ok, selected.ok ? '' : selected.failure.message);
    await use(deviceAt(serial), sources);
    await deviceAt(serial).run(['rm', '-rf', FOLDER], new Captured().options());
  });
}

async function withLink(
  use: (link: FaultyLink, device: Device, sources: string) => Promise<void>,
): Promise<void> {
  await withDevice(async (_direct, sources) => {
    const link = await FaultyLink.to(serial);
    try {
      await connected(link);
      await use(link, deviceAt(link.address), sources);
    } finally {
      link.close();
    }
  });
}

function deviceAt(address: string): AdbDevice {
  return new AdbDevice(client(), address, FOLDER);
}

function client(): AdbClient {
  return new AdbClient(program, environment, LIMITS);
}

/** adb notices a cut link in its own time; until then it calls it connected. */
async function connected(link: FaultyLink): Promise<void> {
  await until(async () => {
    await client().connect(link.address);
    const listed = await client().devices();
    return listed.ok && listed.value.some((each) => each.serial === link.address && each.state === 'device');
  }, 'adb is connected');
}

onDevice('a real device tells what it is', () =>
  withDevice(async (device) => {
    const first = await device.properties();
    const second = await device.properties();
    assert.ok(first.ok && second.ok);
    if (!first.ok || !second.ok) return;
    assert.is(first.value.serial, serial);
    assert.match(first.value.stateId, /^[0-9a-f]{32}$/);
    assert.is(first.value.stateId, second.value.stateId);
    assert.ok(['x86_64-linux', 'aarch64-linux', 'aarch64-android'].includes(first.value.target));
  }),
);

onDevice('a real push sends what differs, and a file damaged on the device again', () =>
  withDevice(async (device, sources) => {
    const files = [
      await pushable(sources, 'lib/noise', randomBytes(3_000_001)),
      await pushable(sources, "it's a $file", 'text'),
      await pushable(sources, 'empty', ''),
    ];
    const pushed = async () => {
      const result = await device.push(files, noProgress);
      return result.ok ? result.value : result.failure.message;
    };
    assert.equal(await pushed(), { sent: 3, kept: 0, bytes: 3_000_005 });
    assert.equal(await pushed(), { sent: 0, kept: 3, bytes: 0 });
    const damage = 'printf x | dd of=lib/noise bs=1 seek=1000 conv=notrunc';
    assert.ok((await device.run(['sh', '-c', damage], new Captured().options())).ok);
    assert.equal(await pushed(), { sent: 1, kept: 2, bytes: 3_000_001 });
    assert.ok((await device.pull('lib/noise', join(sources, 'back'))).ok);
    assert.ok((await readFile(join(sources, 'back'))).equals(await readFile(files[0]?.from ?? '')));
  }),
);

onDevice(
  'a real program has its exit code, its two streams, its environment and every byte of its output',
  () =>
    withDevice(async (device, sources) => {
      const bytes = randomBytes(1_000_003);
      const script = '#!/bin/sh\necho "$1 $X"\necho err >&2\nexit 42\n';
      const files = [
        await pushable(sources, 'say', script, 'program'),
        await pushable(sources, 'noise', bytes),
      ];
      assert.ok((await device.push(files, noProgress)).ok);
      const captured = new Captured();
      const ended = await device.run(['./say', "it's"], captured.options({ environment: { X: 'a "b" $c' } }));
      assert.equal(ended, { ok: true, value: { exitCode: 42 } });
      assert.is(captured.stdout, 'it\'s a "b" $c\n');
      assert.is(captured.stderr, 'err\n');
      const chunks: Uint8Array[] = [];
      const onStdout = (chunk: Uint8Array) => chunks.push(chunk);
      assert.ok((await device.run(['cat', 'noise'], new Captured().options({ onStdout }))).ok);
      assert.ok(Buffer.concat(chunks).equals(bytes));
      const none = await device.run(['./none'], new Captured().options());
      assert.equal(none, { ok: true, value: { exitCode: 127 } });
    }),
);

onDevice('a real program is ended at its time limit, and its children with it', () =>
  withDevice(async (device) => {
    const script = 'sleep 987 & echo $! >child; wait';
    const ended = await device.run(['sh', '-c', script], new Captured().options({ timeLimitSeconds: 1 }));
    assert.is(!ended.ok && ended.failure.kind, 'action-failed');
    await until(() => isEnded(device, 'child'), 'the child is ended');
  }),
);

onLink('a link cut in mid-run is a lost device, and the program does not stay behind', () =>
  withLink(async (link, device) => {
    const onStdout = () => link.cut();
    const ended = await device.run(
      ['sh', '-c', 'echo $$ >pid; echo begun; exec sleep 987'],
      new Captured().options({ onStdout }),
    );
    assert.is(!ended.ok && ended.failure.kind, 'device-unavailable');
    await until(() => isEnded(deviceAt(serial), 'pid'), 'the program is ended');
  }),
);

onLink('a link cut in mid-push leaves the old file, and the next push brings the new one', () =>
  withLink(async (link, device, sources) => {
    assert.ok((await device.push([await pushable(sources, 'a', 'old')], noProgress)).ok);
    const file = await pushable(sources, 'a', randomBytes(40_000_000));
    link.failAfter(10_000_000, 'cut');
    const cut = await device.push([file], noProgress);
    assert.is(!cut.ok && cut.failure.kind, 'device-unavailable');
    const captured = new Captured();
    await deviceAt(serial).run(['cat', 'a'], captured.options());
    assert.is(captured.stdout, 'old');
    await connected(link);
    assert.equal(await device.push([file], noProgress), {
      ok: true,
      value: { sent: 1, kept: 0, bytes: 40_000_000 },
    });
  }),
);

onLink('a link that stalls in mid-push is given up', () =>
  withLink(async (link, device, sources) => {
    const file = await pushable(sources, 'a', randomBytes(40_000_000));
    link.failAfter(10_000_000, 'stall');
    const pushed = await device.push([file], noProgress);
    assert.match((!pushed.ok && pushed.failure.message) || '', /made no progress for 2 s while pushing/);
  }),
);

onLink('a link that stalls in mid-run ends at the time limit', () =>
  withLink(async (link, device) => {
    const onStdout = () => link.failAfter(0, 'stall');
    const script = 'echo begun; while :; do sleep 0.1; echo more; done';
    const ended = await device.run(
      ['sh', '-c', script],
      new Captured().options({ onStdout, timeLimitSeconds: 1 }),
    );
    assert.is(!ended.ok && ended.failure.kind, 'action-failed');
  }),
);

/** Whether the process whose id is in this file of the device's folder is gone. */
async function isEnded(device: Device, file: string): Promise<boolean> {
  const captured = new Captured();
  const script = `state=$(sed 's/.*) //' /proc/$(cat ${file})/stat 2>/dev/null); echo "\${state%% *}"`;
  const asked = await device.run(['sh', '-c', script], captured.options());
  return asked.ok && ['', 'Z'].includes(captured.stdout.trim());
}

test.run();
