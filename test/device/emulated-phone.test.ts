import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ADB_LIMITS, AdbClient } from '../../device/adb-client.ts';
import { AdbDevice } from '../../device/adb-device.ts';
import { EmulatedPhone, type PhoneOptions } from '../../device/emulated-phone.ts';
import { isRunning, until } from '../rig/process-state.ts';
import { outcome, Project } from '../rig/project.ts';
import { adbProgram, phoneAdbd, privateAdb } from './adb-place.ts';
import { Captured, pushable, withFolder } from './device-place.ts';
import { FaultyLink } from './faulty-link.ts';

// The phone itself; adb-real.test.ts drives it as a device.

const adbd = await phoneAdbd();
if (typeof adbd === 'string') console.log(`skipped, the tests of the emulated phone: ${adbd}`);
const onPhone = typeof adbd === 'string' ? test.skip : test;

const folder = typeof adbd === 'string' ? '' : adbd.folder;
const program = folder === '' ? '' : await adbProgram();
const adb = program === '' ? { environment: {}, home: '', close: async () => {} } : await privateAdb(program);
const client = new AdbClient(program, adb.environment, { ...ADB_LIMITS, stallSeconds: 2, pollSeconds: 0.2 });
test.after(() => adb.close());

async function withPhone(
  options: Partial<PhoneOptions>,
  use: (phone: EmulatedPhone) => Promise<void>,
): Promise<void> {
  const phone = await EmulatedPhone.start({ adbd: folder, soc: 'SM8650', ...options });
  if (!phone.ok) throw new Error(phone.failure.message);
  try {
    await use(phone.value);
  } finally {
    await phone.value.stop();
  }
}

async function connected(phone: EmulatedPhone): Promise<AdbDevice> {
  const made = await client.connect(phone.serial);
  assert.ok(made.ok, made.ok ? '' : made.failure.message);
  return new AdbDevice(client, phone.serial);
}

async function said(device: AdbDevice, script: string): Promise<string> {
  const captured = new Captured();
  const ended = await device.run(['sh', '-c', script], captured.options());
  return ended.ok ? captured.stdout.trim() : ended.failure.message;
}

/** The processes whose command line or root has to do with this phone. */
function processesOf(serial: string): readonly string[] {
  const port = serial.split(':')[1] ?? '';
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid) && isRunning(Number(name)))
    .filter((pid) => {
      const words = readMaybe(`/proc/${pid}/cmdline`);
      return (
        words.includes('/system/adbd/adbd') &&
        readMaybe(`/proc/${pid}/root/system/build.prop`).includes(`:${port}\n`)
      );
    });
}

function readMaybe(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const foldersOfPhones = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('rwkv-build-phone-'));

onPhone('the phone has the SoC that it was given, and is known to be emulated', () =>
  withPhone({ soc: 'SM8750' }, async (phone) => {
    const asked = await (await connected(phone)).properties();
    assert.ok(asked.ok);
    if (!asked.ok) return;
    const { soc, target, emulated, model } = asked.value;
    assert.equal(
      { soc, target, emulated, model },
      { soc: 'SM8750', target: 'x86_64-linux', emulated: true, model: 'rwkv-build emulated phone' },
    );
  }),
);

onPhone('its system cannot be written, its storage can, and it sees no process but its own', () =>
  withPhone({}, async (phone) => {
    const device = await connected(phone);
    const tries = ['/usr/lib/x', '/bin/x', '/system/x', '/etc/x', '/data/local/tmp/x'];
    const script = `for file in ${tries.join(' ')}; do touch $file 2>/dev/null && echo $file; done; ls -d /proc/[0-9]* | wc -l`;
    const [written, processes] = (await said(device, script)).split('\n');
    assert.is(written, '/data/local/tmp/x');
    assert.ok(Number(processes) < 12, `${processes} processes`);
    assert.not.ok(existsSync('/data/local/tmp/x'));
  }),
);

onPhone('stopped, it leaves no process, no mount and no folder', async () => {
  const before = foldersOfPhones().length;
  let serial = '';
  await withPhone({}, async (phone) => {
    serial = phone.serial;
    const device = await connected(phone);
    await said(device, 'setsid sleep 987 >/dev/null 2>&1 &');
    assert.ok(processesOf(serial).length > 0);
    assert.is(foldersOfPhones().length, before + 1);
  });
  assert.equal(processesOf(serial), []);
  assert.is(foldersOfPhones().length, before);
  assert.not.match(readFileSync('/proc/self/mounts', 'utf8'), /rwkv-build-phone-/);
});

onPhone('with authentication a stranger is told what to tap, and let in after the tap', () =>
  withPhone({ authorized: [] }, async (phone) => {
    const refused = await client.connect(phone.serial);
    assert.match((!refused.ok && refused.failure.message) || '', /has not authorised this computer/);
    assert.match((!refused.ok && refused.failure.hint) || '', /confirm "Allow USB debugging"/);
    await phone.authorize(await readFile(join(adb.home, '.android', 'adbkey.pub'), 'utf8'));
    await until(async () => {
      const listed = await client.devices();
      return (
        listed.ok && listed.value.some(({ serial, state }) => serial === phone.serial && state === 'device')
      );
    }, 'adb lists it as a device');
    assert.is(await said(new AdbDevice(client, phone.serial), 'echo in'), 'in');
  }),
);

onPhone('a push that does not fit is refused in words, and one that fits arrives', () =>
  withPhone({ spaceBytes: 120_000_000 }, (phone) =>
    withFolder(async (sources) => {
      const device = await connected(phone);
      const large = await device.push(
        [await pushable(sources, 'large', Buffer.alloc(130_000_000))],
        () => {},
      );
      assert.match(
        (!large.ok && large.failure.message) || '',
        /is full: 1\d\d MB are free, 130 MB are to be/,
      );
      assert.ok((await device.push([await pushable(sources, 'small', 'text')], () => {})).ok);
      assert.is(await said(device, 'ls'), 'small');
    }),
  ),
);

onPhone('an adbd that is killed in mid-run is a lost device, and the phone starts another', () =>
  withPhone({}, async (phone) => {
    const device = await connected(phone);
    const ended = await device.run(
      [
        'sh',
        '-c',
        'for each in /proc/[0-9]*; do [ "$(readlink $each/exe)" = /system/adbd/adbd ] && kill -9 ${each#/proc/}; done; sleep 9',
      ],
      new Captured().options(),
    );
    assert.is(!ended.ok && ended.failure.kind, 'device-unavailable');
    await until(async () => {
      await client.connect(phone.serial);
      return (await said(new AdbDevice(client, phone.serial), 'echo again')) === 'again';
    }, 'the phone answers again');
  }),
);

onPhone('a slow link is no stalled one', () =>
  withPhone({}, (phone) =>
    withFolder(async (sources) => {
      const link = await FaultyLink.to(phone.serial);
      try {
        assert.ok((await client.connect(link.address)).ok);
        link.throttle(2_000_000);
        // Three seconds, where two without progress would be given up.
        const file = await pushable(sources, 'a', randomBytes(6_000_000));
        const start = performance.now();
        const pushed = await new AdbDevice(client, link.address).push([file], () => {});
        assert.ok(pushed.ok, pushed.ok ? '' : pushed.failure.message);
        assert.ok(performance.now() - start > 2500);
      } finally {
        link.close();
      }
    }),
  ),
);

onPhone('a port that is in use is refused in words', () =>
  withPhone({}, async (phone) => {
    const port = Number(phone.serial.split(':')[1]);
    const second = await EmulatedPhone.start({ adbd: folder, soc: 'SM8650', port });
    assert.is(
      second.ok ? '' : second.failure.message,
      `the emulated phone did not start: port ${port} is in use`,
    );
  }),
);

/** Starts `device emulate`; its serial is what it prints. */
async function emulate(project: Project, ...words: readonly string[]) {
  // A killed one leaves its folder, which goes with the project's.
  const environment = { HOME: adb.home, ADB: program, TMPDIR: project.folder };
  const started = project.start(['device', 'emulate', ...words], environment);
  const ended = outcome(started);
  const serial = await new Promise<string>((resolve, reject) => {
    started.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    void ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  return { started, ended, serial };
}

onPhone('`device emulate --auth` is a phone for the keys of its user, until it is interrupted', async () => {
  const project = new Project();
  try {
    const { started, ended, serial } = await emulate(project, '--soc', 'SM8550', '--auth');
    assert.match(serial, /^127\.0\.0\.1:\d+$/);
    assert.ok((await client.connect(serial)).ok);
    const asked = await new AdbDevice(client, serial).properties();
    assert.is(asked.ok && asked.value.soc, 'SM8550');
    started.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.is(code, 0);
    assert.is(stdout, `${serial}\n`);
    assert.match(stderr, `rwkv-build all --device adb:${serial}`);
    assert.equal(processesOf(serial), []);
  } finally {
    project.remove();
  }
});

onPhone('a `device emulate` that is killed takes its phone with it', async () => {
  const project = new Project();
  try {
    const { started, ended, serial } = await emulate(project);
    assert.ok(processesOf(serial).length > 0);
    started.kill('SIGKILL');
    await ended;
    await until(() => processesOf(serial).length === 0, 'the phone has ended');
  } finally {
    project.remove();
  }
});

test('a SoC that nobody knows is refused before anything is built', async () => {
  const project = new Project();
  try {
    const { code, stderr } = await project.run(['device', 'emulate', '--soc', 'SM8651']);
    assert.is(code, 2);
    assert.match(stderr, /SM8651/);
    assert.match(stderr, /SM8650/);
  } finally {
    project.remove();
  }
});

test.run();
