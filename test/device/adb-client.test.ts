import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AdbClient } from '../../device/adb-client.ts';
import { withStandIn } from './stand-in-adb.ts';

test("a script's whole output counts only when the device itself reported its end", () =>
  withStandIn(async (adb) => {
    const client = new AdbClient(adb.environment.ADB ?? '', adb.environment);
    const whole = await client.script('S1', 'testing', 'echo 12345678; exit 3');
    assert.equal(whole, { ok: true, value: { exitCode: 3, stdout: '12345678\n', stderr: '' } });
    // All of the output comes through, the marker does not, and adb exits with 0.
    await adb.breakWith('cut-shell');
    const cut = await client.script('S1', 'testing', 'echo 12345678; exit 3');
    assert.is(!cut.ok && cut.failure.kind, 'device-unavailable');
  }));

test('a command that reads its input finds none and does not wait', () =>
  withStandIn(async (adb) => {
    const client = new AdbClient(adb.environment.ADB ?? '', adb.environment);
    const read = await client.script('S1', 'testing', 'cat; echo read');
    assert.is(read.ok && read.value.stdout, 'read\n');
  }));

test('an adb that cannot be started is a missing environment', async () => {
  const client = new AdbClient('/nowhere/adb', { ADB_SERVER_SOCKET: 'tcp:127.0.0.1:1' });
  const listed = await client.devices();
  assert.is(!listed.ok && listed.failure.kind, 'environment-missing');
  assert.match((!listed.ok && listed.failure.message) || '', /cannot start \/nowhere\/adb: ENOENT/);
});

test.run();
