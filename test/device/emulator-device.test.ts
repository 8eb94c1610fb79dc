import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EmulatorDevice } from '../../device/emulator-device.ts';
import { isRunning, until } from '../rig/process-state.ts';
import { Captured, pushable, withFolder } from './device-place.ts';
import { KillableProcess } from './killable-process.ts';

const noProgress = (): void => {};

async function withEmulator(use: (device: EmulatorDevice, sources: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const sources = join(folder, 'sources');
    await mkdir(sources);
    await use(new EmulatorDevice(join(folder, 'device with spaces')), sources);
  });
}

test('the emulator says that it emulates, and keeps its id until it is wiped', () =>
  withEmulator(async (device) => {
    const first = await device.properties();
    const second = await device.properties();
    assert.ok(first.ok && second.ok);
    if (!first.ok || !second.ok) return;
    assert.is(first.value.soc, 'any');
    assert.is(first.value.target, 'x86_64-linux');
    assert.ok(first.value.emulated);
    assert.match(first.value.stateId, /^[0-9a-f]{32}$/);
    assert.is(second.value.stateId, first.value.stateId);
    await rm(device.folder, { recursive: true });
    const wiped = await device.properties();
    assert.is.not(wiped.ok && wiped.value.stateId, first.value.stateId);
  }));

test('of several that make the id at the same moment all get the same', () =>
  withEmulator(async (device) => {
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => device.properties()));
    const ids = all.map((each) => (each.ok ? each.value.stateId : ''));
    assert.match(ids[0] ?? '', /^[0-9a-f]{32}$/);
    assert.is(new Set(ids).size, 1);
    assert.equal(await readdir(device.folder), ['device-id']);
  }));

test('a push sends what is missing and keeps what is there', () =>
  withEmulator(async (device, sources) => {
    const one = await pushable(sources, 'lib/one', 'one');
    const two = await pushable(sources, 'two words/$two', 'two');
    assert.equal(await device.push([one], noProgress), { ok: true, value: { sent: 1, kept: 0, bytes: 3 } });
    assert.equal(await device.push([one, two], noProgress), {
      ok: true,
      value: { sent: 1, kept: 1, bytes: 3 },
    });
    assert.is(await readFile(join(device.folder, two.to), 'utf8'), 'two');
    assert.equal(await readdir(join(device.folder, 'lib')), ['one']);
  }));

test('progress begins at nothing and ends with all bytes that had to be sent', () =>
  withEmulator(async (device, sources) => {
    const seen: string[] = [];
    const files = [await pushable(sources, 'a', 'aaaa'), await pushable(sources, 'b', 'bb')];
    await device.push(files, (at) => seen.push(`${at.file} ${at.sentBytes}/${at.totalBytes}`));
    assert.equal(seen, ['a 0/6', 'a 4/6', 'b 4/6', 'b 6/6']);
  }));

test('a file damaged on the device is sent again, and the source is not touched by the damage', () =>
  withEmulator(async (device, sources) => {
    const file = await pushable(sources, 'weights', 'good');
    await device.push([file], noProgress);
    await writeFile(join(device.folder, 'weights'), 'evil');
    assert.is(await readFile(file.from, 'utf8'), 'good');
    assert.equal(await device.push([file], noProgress), { ok: true, value: { sent: 1, kept: 0, bytes: 4 } });
    assert.is(await readFile(join(device.folder, 'weights'), 'utf8'), 'good');
  }));

test('a folder in the place of a file gives way', () =>
  withEmulator(async (device, sources) => {
    await mkdir(join(device.folder, 'weights', 'deep'), { recursive: true });
    const file = await pushable(sources, 'weights', 'good');
    assert.ok((await device.push([file], noProgress)).ok);
    assert.is(await readFile(join(device.folder, 'weights'), 'utf8'), 'good');
  }));

test('the mode of a file that is kept is set right', () =>
  withEmulator(async (device, sources) => {
    const file = await pushable(sources, 'run', '#!/bin/sh\n', 'program');
    await device.push([file], noProgress);
    const path = join(device.folder, 'run');
    assert.is((await stat(path)).mode & 0o777, 0o755);
    await chmod(path, 0o600);
    assert.equal(await device.push([file], noProgress), { ok: true, value: { sent: 0, kept: 1, bytes: 0 } });
    assert.is((await stat(path)).mode & 0o777, 0o755);
  }));

test('a source that is missing, or not what it should be, leaves nothing on the device', () =>
  withEmulator(async (device, sources) => {
    const file = await pushable(sources, 'a', 'before');
    const missing = await device.push([{ ...file, from: join(sources, 'none') }], noProgress);
    assert.is(!missing.ok && missing.failure.kind, 'input-missing');
    await writeFile(file.from, 'behind');
    const changed = await device.push([file], noProgress);
    assert.is(!changed.ok && changed.failure.kind, 'input-changed');
    assert.equal(await readdir(device.folder), []);
  }));

test('a program runs with its exit code, its two streams and nothing of the environment here', () =>
  withEmulator(async (device, sources) => {
    process.env.RWKV_BUILD_LEAK = 'leaked';
    const program = await pushable(
      sources,
      'bin/say',
      '#!/bin/sh\necho "out $1 $ASKED $RWKV_BUILD_LEAK"\necho err >&2\nexit 42\n',
      'program',
    );
    await device.push([program], noProgress);
    const captured = new Captured();
    const ended = await device.run(
      ['./say', "it's"],
      captured.options({ cwd: 'bin', environment: { ASKED: 'a "b" $c' } }),
    );
    delete process.env.RWKV_BUILD_LEAK;
    assert.equal(ended, { ok: true, value: { exitCode: 42 } });
    assert.is(captured.stdout, 'out it\'s a "b" $c \n');
    assert.is(captured.stderr, 'err\n');
  }));

test('bytes come through as they are, the last ones too', () =>
  withEmulator(async (device, sources) => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 256));
    await device.push([await pushable(sources, 'noise', bytes)], noProgress);
    const chunks: Uint8Array[] = [];
    const ended = await device.run(
      ['cat', 'noise'],
      new Captured().options({ onStdout: (chunk) => chunks.push(chunk) }),
    );
    assert.ok(ended.ok);
    assert.ok(Buffer.concat(chunks).equals(bytes));
  }));

test('output arrives while the program still runs', () =>
  withEmulator(async (device) => {
    const controller = new AbortController();
    const started = performance.now();
    const ended = await device.run(
      ['sh', '-c', 'printf token; exec sleep 600'],
      new Captured().options({
        interruption: controller.signal,
        onStdout: (chunk) => {
          assert.is(Buffer.from(chunk).toString(), 'token');
          controller.abort('SIGINT');
        },
      }),
    );
    assert.is(!ended.ok && ended.failure.kind, 'interrupted');
    // It ended because it was asked to, not because it was given up.
    assert.ok(performance.now() - started < 5000);
  }));

test('a program that is not there is exit code 127, a crash 128 and its signal', () =>
  withEmulator(async (device) => {
    const captured = new Captured();
    assert.equal(await device.run(['./none'], captured.options()), { ok: true, value: { exitCode: 127 } });
    assert.match(captured.stderr, /none/);
    const crash = await device.run(['sh', '-c', 'kill -SEGV $$'], captured.options());
    assert.equal(crash, { ok: true, value: { exitCode: 139 } });
  }));

test('a program past its time limit is ended with its children, and what it wrote is in the failure', () =>
  withEmulator(async (device) => {
    const script = 'sleep 600 & echo $! >child; echo begun; wait';
    const ended = await device.run(['sh', '-c', script], new Captured().options({ timeLimitSeconds: 0.5 }));
    assert.not.ok(ended.ok);
    if (ended.ok) return;
    assert.is(ended.failure.kind, 'action-failed');
    assert.match(ended.failure.message, /time limit of 0.5 s/);
    if (ended.failure.kind === 'action-failed') assert.match(ended.failure.output, /begun/);
    const child = Number(await readFile(join(device.folder, 'child'), 'utf8'));
    await until(() => !isRunning(child), 'the child is ended');
  }));

test('a program that is deaf to being asked is killed', () =>
  withEmulator(async (device) => {
    const script = 'trap "" TERM; echo $$ >pid; while :; do sleep 0.1; done';
    const ended = await device.run(['sh', '-c', script], new Captured().options({ timeLimitSeconds: 0.3 }));
    assert.is(!ended.ok && ended.failure.kind, 'action-failed');
    const pid = Number(await readFile(join(device.folder, 'pid'), 'utf8'));
    await until(() => !isRunning(pid), 'the program is killed');
  }));

test('when rwkv-build itself is killed, the program does not stay behind', () =>
  withEmulator(async (device) => {
    const other = new KillableProcess(['run', device.folder, 'echo $$; exec sleep 600']);
    const pid = Number(await other.line());
    assert.ok(isRunning(pid));
    await other.kill();
    await until(() => !isRunning(pid), 'the program is ended');
  }));

test('a process left behind with the streams open does not keep the run from ending', () =>
  withEmulator(async (device) => {
    const script = `setsid sh -c 'echo $$ >daemon; exec sleep 600' &
      while [ ! -s daemon ]; do sleep 0.01; done
      echo done`;
    const captured = new Captured();
    assert.equal(await device.run(['sh', '-c', script], captured.options()), {
      ok: true,
      value: { exitCode: 0 },
    });
    assert.is(captured.stdout, 'done\n');
    process.kill(Number(await readFile(join(device.folder, 'daemon'), 'utf8')));
  }));

test('a shell killed from outside is a lost device, never a success', () =>
  withEmulator(async (device) => {
    const script = 'kill -9 $PPID; exec sleep 600';
    const ended = await device.run(['sh', '-c', script], new Captured().options({ timeLimitSeconds: 20 }));
    assert.is(!ended.ok && ended.failure.kind, 'device-unavailable');
  }));

test('a file is pulled whole, and one that is not there is an input that is missing', () =>
  withEmulator(async (device, sources) => {
    await device.push([await pushable(sources, 'result.json', '{}')], noProgress);
    assert.ok((await device.pull('result.json', join(sources, 'new', 'result.json'))).ok);
    assert.equal(await readdir(join(sources, 'new')), ['result.json']);
    const missing = await device.pull('none', join(sources, 'new', 'none'));
    assert.is(!missing.ok && missing.failure.kind, 'input-missing');
  }));

test.run();
