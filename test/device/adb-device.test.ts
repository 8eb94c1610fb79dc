import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freeBytes } from '../../device/adb-store.ts';
import { isRunning, until } from '../rig/process-state.ts';
import { Captured, pushable } from './device-place.ts';
import { type Fault, withStandIn } from './stand-in-adb.ts';

// Everything here runs against the stand-in for adb: it shows how AdbDevice behaves when adb behaves so and so.
// That the real adb and adbd do behave so is shown by adb-real.test.ts.

const noProgress = (): void => {};

test('the properties are asked for with one script, and the device keeps its id', () =>
  withStandIn(async (adb) => {
    const first = await adb.device().properties();
    const second = await adb.device().properties();
    assert.ok(first.ok && second.ok);
    if (!first.ok || !second.ok) return;
    assert.is(first.value.serial, 'S1');
    assert.is(first.value.kind, 'adb');
    assert.match(first.value.operatingSystem, /Linux/);
    assert.is(second.value.stateId, first.value.stateId);
  }));

test('a device without shell_v2 is refused, for its exit codes and its standard error cannot be had', () =>
  withStandIn(async (adb) => {
    await adb.set('features', 'cmd\nstat_v2\n');
    const properties = await adb.device().properties();
    assert.match((!properties.ok && properties.failure.message) || '', /adbd that is too old/);
  }));

test('a push sends what is missing, keeps what is there, and leaves no temporary file', () =>
  withStandIn(async (adb) => {
    const one = await pushable(adb.sources, 'lib/one', 'one', 'program');
    const two = await pushable(adb.sources, "it's $two", 'two');
    const device = adb.device();
    assert.equal(await device.push([one], noProgress), { ok: true, value: { sent: 1, kept: 0, bytes: 3 } });
    assert.equal(await device.push([one, two], noProgress), {
      ok: true,
      value: { sent: 1, kept: 1, bytes: 3 },
    });
    assert.equal(await device.push([one, two], noProgress), {
      ok: true,
      value: { sent: 0, kept: 2, bytes: 0 },
    });
    assert.is(await readFile(join(adb.deviceFolder, two.to), 'utf8'), 'two');
    assert.is((await stat(join(adb.deviceFolder, 'lib/one'))).mode & 0o777, 0o755);
    assert.equal(await readdir(join(adb.deviceFolder, '.incoming')), []);
    assert.is((await adb.calls()).match(/push/g)?.length, 2);
  }));

test('a file damaged on the device is sent again, a mode changed there is set right', () =>
  withStandIn(async (adb) => {
    const file = await pushable(adb.sources, 'run', 'good', 'program');
    const device = adb.device();
    await device.push([file], noProgress);
    await writeFile(join(adb.deviceFolder, 'run'), 'evil');
    await chmod(join(adb.deviceFolder, 'run'), 0o600);
    assert.equal(await device.push([file], noProgress), { ok: true, value: { sent: 1, kept: 0, bytes: 4 } });
    assert.is(await readFile(join(adb.deviceFolder, 'run'), 'utf8'), 'good');
    await chmod(join(adb.deviceFolder, 'run'), 0o600);
    assert.equal(await device.push([file], noProgress), { ok: true, value: { sent: 0, kept: 1, bytes: 0 } });
    assert.is((await stat(join(adb.deviceFolder, 'run'))).mode & 0o777, 0o755);
  }));

test('a folder in the place of a file gives way', () =>
  withStandIn(async (adb) => {
    await mkdir(join(adb.deviceFolder, 'weights', 'deep'), { recursive: true });
    const file = await pushable(adb.sources, 'weights', 'good');
    assert.ok((await adb.device().push([file], noProgress)).ok);
    assert.is(await readFile(join(adb.deviceFolder, 'weights'), 'utf8'), 'good');
  }));

test('more files than fit into one script are all looked at', () =>
  withStandIn(async (adb) => {
    const files = await Promise.all(
      Array.from({ length: 230 }, (_, at) => pushable(adb.sources, `many/${at}`, `file ${at}`)),
    );
    await mkdir(join(adb.deviceFolder, 'many'), { recursive: true });
    for (const file of files.slice(1))
      await writeFile(join(adb.deviceFolder, file.to), `file ${file.to.slice(5)}`);
    const pushed = await adb.device().push(files, noProgress);
    assert.equal(pushed, { ok: true, value: { sent: 1, kept: 229, bytes: 6 } });
  }));

test('a transfer that damaged the file is repeated once', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('damage-push-once');
    const file = await pushable(adb.sources, 'a', 'content');
    assert.ok((await adb.device().push([file], noProgress)).ok);
    assert.is(await readFile(join(adb.deviceFolder, 'a'), 'utf8'), 'content');
  }));

test('a file that keeps arriving damaged never gets its name', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('damage-push');
    const file = await pushable(adb.sources, 'a', 'content');
    const pushed = await adb.device().push([file], noProgress);
    assert.is(!pushed.ok && pushed.failure.kind, 'device-unavailable');
    assert.match((!pushed.ok && pushed.failure.message) || '', /arrived damaged on device S1, twice/);
    assert.not.ok((await readdir(adb.deviceFolder)).includes('a'));
  }));

test('a source that is not what it should be is named, not the cable', () =>
  withStandIn(async (adb) => {
    const file = await pushable(adb.sources, 'a', 'before');
    await writeFile(file.from, 'behind');
    const changed = await adb.device().push([file], noProgress);
    assert.is(!changed.ok && changed.failure.kind, 'input-changed');
    const missing = await adb.device().push([{ ...file, from: join(adb.sources, 'none') }], noProgress);
    assert.is(!missing.ok && missing.failure.kind, 'input-missing');
  }));

test('a push that is cut leaves the old file in place, and the next one cleans up after it', () =>
  withStandIn(async (adb) => {
    const device = adb.device();
    await device.push([await pushable(adb.sources, 'a', 'the old content')], noProgress);
    const file = await pushable(adb.sources, 'a', 'the new content');
    await adb.breakWith('cut-push');
    const cut = await device.push([file], noProgress);
    assert.is(!cut.ok && cut.failure.kind, 'device-unavailable');
    assert.match((!cut.ok && cut.failure.message) || '', /connection to device S1 was lost while pushing/);
    assert.is(await readFile(join(adb.deviceFolder, 'a'), 'utf8'), 'the old content');
    assert.is((await readdir(join(adb.deviceFolder, '.incoming'))).length, 1);
    await adb.mend();
    assert.ok((await device.push([file], noProgress)).ok);
    assert.is(await readFile(join(adb.deviceFolder, 'a'), 'utf8'), 'the new content');
    assert.equal(await readdir(join(adb.deviceFolder, '.incoming')), []);
  }));

test('a push on a stalled link is given up', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('stall-push');
    const file = await pushable(adb.sources, 'a', 'content');
    const pushed = await adb.device({ stallSeconds: 0.3, pollSeconds: 0.05 }).push([file], noProgress);
    assert.match((!pushed.ok && pushed.failure.message) || '', /made no progress for 0.3 s while pushing/);
  }));

test('what has arrived of a file is seen while it is on its way, and an interruption ends it', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('stall-push');
    const file = await pushable(adb.sources, 'a', 'content');
    const controller = new AbortController();
    const pushed = await adb.device({ pollSeconds: 0.05 }).push(
      [file],
      (at) => {
        if (at.sentBytes === 3) controller.abort('SIGTERM');
      },
      controller.signal,
    );
    assert.equal(!pushed.ok && pushed.failure.kind === 'interrupted' && pushed.failure.signal, 'SIGTERM');
  }));

test('a full device is a storage failure with the command that frees it', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('full');
    const pushed = await adb.device().push([await pushable(adb.sources, 'a', 'content')], noProgress);
    assert.is(!pushed.ok && pushed.failure.kind === 'storage-failed' && pushed.failure.code, 'ENOSPC');
    assert.match((!pushed.ok && pushed.failure.hint) || '', /adb -s S1 shell rm -r/);
  }));

test('a device that is too full is told before anything is sent', () =>
  withStandIn(async (adb) => {
    await adb.setProgram('df', 'echo Filesystem; echo /data 200000 140000 60000 70% /data');
    const pushed = await adb.device().push([await pushable(adb.sources, 'a', 'content')], noProgress);
    assert.match(
      (!pushed.ok && pushed.failure.message) || '',
      /device S1 is full: 62 MB are free, 1 MB are to be/,
    );
    assert.not.match(await adb.calls(), /push/);
  }));

test('the free space is read from what toybox, busybox and GNU write', () => {
  const toybox =
    'Filesystem      1K-blocks     Used Available Use% Mounted on\n/dev/block/dm-44 111 22 89 20% /data\n';
  assert.is(freeBytes(toybox), 89 * 1024);
  const wrapped =
    'Filesystem           1K-blocks      Used Available Use% Mounted on\n/dev/a-long-name\n   111 22 89 20% /\n';
  assert.is(freeBytes(wrapped), 89 * 1024);
  assert.is(freeBytes('df: no such thing'), undefined);
});

test('a program runs with its exit code and its two streams', () =>
  withStandIn(async (adb) => {
    const device = adb.device();
    const script = '#!/bin/sh\necho "out $1 $X"\necho err >&2\nexit 42\n';
    await device.push([await pushable(adb.sources, 'bin/say', script, 'program')], noProgress);
    const captured = new Captured();
    const ended = await device.run(
      ['./say', "it's"],
      captured.options({ cwd: 'bin', environment: { X: '$(id) "q"' } }),
    );
    assert.equal(ended, { ok: true, value: { exitCode: 42 } });
    assert.is(captured.stdout, 'out it\'s $(id) "q"\n');
    assert.is(captured.stderr, 'err\n');
  }));

test('a connection cut in mid-run is a lost device although adb exits with 0, and its output still came', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('cut-shell');
    const captured = new Captured();
    const ended = await adb
      .device()
      .run(['sh', '-c', 'echo beginning; sleep 0.1; echo more'], captured.options());
    assert.is(!ended.ok && ended.failure.kind, 'device-unavailable');
    assert.match((!ended.ok && ended.failure.message) || '', /lost while running sh/);
    assert.is(captured.stdout, 'beginning');
  }));

test('no method calls a cut connection a success', () =>
  withStandIn(async (adb) => {
    const device = adb.device();
    const file = await pushable(adb.sources, 'a', 'content');
    await device.push([file], noProgress);
    const faults: readonly Fault[] = ['cut-shell', 'gone'];
    for (const fault of faults) {
      await adb.breakWith(fault);
      const results = [
        await device.properties(),
        await device.push([file], noProgress),
        await device.run(['true'], new Captured().options()),
        await device.pull('a', join(adb.sources, 'pulled')),
      ];
      for (const result of results) assert.is(!result.ok && result.failure.kind, 'device-unavailable', fault);
    }
  }));

test('a device that disappears between looking and pushing is unavailable', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('gone-at-push');
    const pushed = await adb.device().push([await pushable(adb.sources, 'a', 'content')], noProgress);
    assert.match((!pushed.ok && pushed.failure.message) || '', /device S1 went away while pushing/);
  }));

test('a shell that says nothing is given up', () =>
  withStandIn(async (adb) => {
    await adb.breakWith('silent-shell');
    const properties = await adb.device({ silenceSeconds: 0.3 }).properties();
    assert.match((!properties.ok && properties.failure.message) || '', /no progress for 0.3 s while asking/);
  }));

test('a time limit and an interruption end the program on the device', () =>
  withStandIn(async (adb) => {
    const device = adb.device();
    const script = 'echo $$ >pid; echo begun; exec sleep 600';
    const pid = async () => Number(await readFile(join(adb.deviceFolder, 'pid'), 'utf8'));
    const late = await device.run(['sh', '-c', script], new Captured().options({ timeLimitSeconds: 0.5 }));
    assert.is(!late.ok && late.failure.kind, 'action-failed');
    const first = await pid();
    await until(() => !isRunning(first), 'the first program is ended');
    const controller = new AbortController();
    const ended = await device.run(
      ['sh', '-c', script],
      new Captured().options({
        interruption: controller.signal,
        onStdout: () => controller.abort('SIGINT'),
      }),
    );
    assert.is(!ended.ok && ended.failure.kind, 'interrupted');
    const second = await pid();
    await until(() => !isRunning(second), 'the second program is ended');
  }));

test('a file is pulled whole or not at all', () =>
  withStandIn(async (adb) => {
    const device = adb.device();
    await device.push([await pushable(adb.sources, 'result', '{}')], noProgress);
    const to = join(adb.sources, 'new', 'result.json');
    assert.ok((await device.pull('result', to)).ok);
    assert.is(await readFile(to, 'utf8'), '{}');
    await adb.breakWith('damage-pull');
    const damaged = await device.pull('result', join(adb.sources, 'new', 'second'));
    assert.is(!damaged.ok && damaged.failure.kind, 'device-unavailable');
    assert.equal(await readdir(join(adb.sources, 'new')), ['result.json']);
    const missing = await device.pull('none', to);
    assert.is(!missing.ok && missing.failure.kind, 'input-missing');
  }));

test.run();
