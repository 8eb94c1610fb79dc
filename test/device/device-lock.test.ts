import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lockAddress, takeDeviceLock } from '../../device/device-lock.ts';
import { EmulatorDevice } from '../../device/emulator-device.ts';
import { withFolder } from './device-place.ts';
import { KillableProcess } from './killable-process.ts';

test('a device that another process holds is in use, and the message says by whom', () =>
  withFolder(async (folder) => {
    const other = new KillableProcess(['lock', folder]);
    assert.is(await other.line(), 'held');
    const lock = await new EmulatorDevice(folder).lock();
    assert.not.ok(lock.ok);
    if (!lock.ok) {
      assert.is(lock.failure.kind, 'device-unavailable');
      assert.match(
        lock.failure.message,
        new RegExp(`the emulator is in use by process ${other.pid} \\(device-process.ts lock`),
      );
    }
    await other.kill();
  }));

test('the lock of a process that was killed is taken over at once', () =>
  withFolder(async (folder) => {
    const other = new KillableProcess(['lock', folder]);
    assert.is(await other.line(), 'held');
    await other.kill();
    const lock = await new EmulatorDevice(folder).lock();
    assert.ok(lock.ok);
    if (lock.ok) await lock.value.release();
  }));

test('who waits gets the lock as soon as the other process lets go, and is told once that it waits', () =>
  withFolder(async (folder) => {
    const other = new KillableProcess(['lock', folder]);
    assert.is(await other.line(), 'held');
    const waits: string[] = [];
    const lock = await new EmulatorDevice(folder).lock({
      limitSeconds: 30,
      onWait: (holder) => {
        waits.push(holder);
        other.say('let go');
      },
    });
    assert.ok(lock.ok);
    assert.is(waits.length, 1);
    assert.is(await other.line(), 'released');
    if (lock.ok) await lock.value.release();
    await other.kill();
  }));

test('waiting ends at its limit and at an interruption', async () => {
  const held = await takeDeviceLock('limits', 'device limits');
  assert.ok(held.ok);
  const waits: string[] = [];
  const late = await takeDeviceLock('limits', 'device limits', {
    limitSeconds: 0.5,
    onWait: (holder) => waits.push(holder),
  });
  assert.is(waits.length, 1);
  assert.is(!late.ok && late.failure.kind, 'device-unavailable');
  const controller = new AbortController();
  const ended = await takeDeviceLock('limits', 'device limits', {
    limitSeconds: 30,
    onWait: () => controller.abort('SIGTERM'),
    interruption: controller.signal,
  });
  assert.equal(!ended.ok && ended.failure.kind === 'interrupted' && ended.failure.signal, 'SIGTERM');
  if (held.ok) await held.value.release();
});

test('of two that ask at the same moment exactly one gets the lock, and another device is not concerned', async () => {
  const all = await Promise.all([1, 2, 3, 4].map(() => takeDeviceLock('race', 'device race')));
  assert.is(all.filter((lock) => lock.ok).length, 1);
  const other = await takeDeviceLock('race-2', 'device race-2');
  assert.ok(other.ok);
  for (const lock of [...all, other]) if (lock.ok) await lock.value.release();
  const again = await takeDeviceLock('race', 'device race');
  assert.ok(again.ok);
  if (again.ok) await again.value.release();
});

test('a holder that does not answer holds it all the same', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(lockAddress('mute', process.platform), resolve));
  const lock = await takeDeviceLock('mute', 'device mute');
  assert.match((!lock.ok && lock.failure.message) || '', /in use by another process/);
  server.close();
});
test('a lock that was never released does not keep its process running', () =>
  withFolder(async (folder) => {
    const other = new KillableProcess(['lock-and-end', folder]);
    assert.is(await other.line(), 'held');
    await other.ended();
    const lock = await new EmulatorDevice(folder).lock();
    assert.ok(lock.ok);
    if (lock.ok) await lock.value.release();
  }));

test.run();
