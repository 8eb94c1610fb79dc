import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DeviceRequest,
  parseDeviceRequest,
  type SelectedDevice,
  selectDevice,
} from '../../device/device-selection.ts';
import type { Failure } from '../../engine/failure.ts';
import { type StandInAdb, withStandIn } from './stand-in-adb.ts';

const NOTICE = 'using the x86-64 HTP emulator; its times say nothing about a phone';

async function select(
  adb: StandInAdb,
  request: DeviceRequest,
  more: Record<string, string> = {},
): Promise<{ readonly selected?: SelectedDevice; readonly failure?: Failure }> {
  const environment = { ...adb.environment, ...more };
  const result = await selectDevice(request, { environment, emulatorFolder: `${adb.folder}/emulator` });
  return result.ok ? { selected: result.value } : { failure: result.failure };
}

test('the one attached phone is what auto and adb mean, without a notice', () =>
  withStandIn(async (adb) => {
    for (const request of ['auto', 'adb', 'adb:S1'] as const) {
      const { selected } = await select(adb, request);
      assert.is(selected?.device.serial, 'S1');
      assert.is(selected?.notice, undefined);
    }
  }));

test('without a phone auto is the emulator and says so, adb is a failure', () =>
  withStandIn(async (adb) => {
    await adb.set('devices', '');
    const { selected } = await select(adb, 'auto');
    assert.is(selected?.device.serial, 'emulator');
    assert.is(selected?.notice, `no device attached: ${NOTICE}`);
    assert.is((await select(adb, 'adb')).failure?.message, 'no device is attached');
  }));

test('the emulator that was asked for needs neither adb nor a notice', () =>
  withStandIn(async (adb) => {
    const { selected } = await select(adb, 'emulator');
    assert.is(selected?.device.serial, 'emulator');
    assert.is(selected?.notice, undefined);
    assert.is(await adb.calls(), '');
  }));

test('an unauthorized phone is named in the notice of auto and is the failure of adb', () =>
  withStandIn(async (adb) => {
    await adb.set('devices', 'S1  unauthorized usb:1-1 transport_id:1\n');
    const { selected } = await select(adb, 'auto');
    assert.is(selected?.notice, `no usable device attached (S1 (unauthorized)): ${NOTICE}`);
    for (const request of ['adb', 'adb:S1'] as const) {
      assert.match(
        (await select(adb, request)).failure?.message ?? '',
        /S1 has not authorised this computer/,
      );
    }
  }));

test('between several phones nobody chooses but the user', () =>
  withStandIn(async (adb) => {
    await adb.set('devices', 'S1  device model:One\nS2  device model:Two\nS3  unauthorized\n');
    for (const request of ['auto', 'adb'] as const) {
      const { failure } = await select(adb, request);
      assert.is(
        failure?.message,
        'several devices: choose one with --device adb:SERIAL\n  --device adb:S1   One\n  --device adb:S2   Two',
      );
    }
    assert.is((await select(adb, 'adb:S2')).selected?.device.serial, 'S2');
    assert.is((await select(adb, 'auto', { ANDROID_SERIAL: 'S2' })).selected?.device.serial, 'S2');
  }));

test('who has a usable device does not wait for one that is offline', () =>
  withStandIn(async (adb) => {
    await adb.set('devices', 'S0  offline transport_id:1\nS1  device model:One\n');
    for (const request of ['auto', 'adb:S1'] as const) {
      assert.is((await select(adb, request)).selected?.device.serial, 'S1');
    }
    assert.is((await adb.calls()).match(/^devices/gm)?.length, 2);
    assert.match((await select(adb, 'adb:S0')).failure?.message ?? '', /S0 is offline/);
  }));

test('a serial that is not attached is told with what is', () =>
  withStandIn(async (adb) => {
    const { failure } = await select(adb, 'adb:S9');
    assert.is(failure?.message, 'device S9 is not attached; attached: S1 (Phone One)');
  }));

test('a network address is connected to, and only the words of adb say whether that went well', () =>
  withStandIn(async (adb) => {
    await adb.set('connect', 'failed to connect to lab:5555: Connection refused\n');
    assert.match(
      (await select(adb, 'adb:lab:5555')).failure?.message ?? '',
      /cannot connect .*Connection refused/,
    );
    await adb.set('connect', 'failed to authenticate to lab:5555\n');
    assert.match((await select(adb, 'adb:lab:5555')).failure?.message ?? '', /has not authorised/);
    await adb.set('connect', 'connected to lab:5555\n');
    assert.match((await select(adb, 'adb:lab:5555')).failure?.message ?? '', /lab:5555 is not attached/);
    assert.is((await adb.calls()).match(/^connect/gm)?.length, 3);
  }));

test('without an adb program auto is the emulator and adb says what to install', () =>
  withStandIn(async (adb) => {
    const nothing = { ADB: '', PATH: '/nowhere' };
    const { selected } = await select(adb, 'auto', nothing);
    assert.is(selected?.notice, `there is no adb program, so no device can be reached: ${NOTICE}`);
    const { failure } = await select(adb, 'adb', nothing);
    assert.is(failure?.kind, 'environment-missing');
    assert.match(failure?.hint ?? '', /apt-get install adb/);
  }));

test('an adb server of another version is left alone', () =>
  withStandIn(async (adb) => {
    const server = createServer((socket) => socket.end('OKAY00040028'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { failure } = await select(adb, 'adb', { ADB_SERVER_SOCKET: `tcp:127.0.0.1:${port}` });
    server.close();
    assert.is(failure?.kind, 'environment-missing');
    assert.match(
      failure?.message ?? '',
      /server of version 40 is running; .* is version 41 and would kill it/,
    );
    assert.not.match(await adb.calls(), /devices|start-server/);
  }));

test('what --device can be is checked', () => {
  for (const text of ['auto', 'emulator', 'adb', 'adb:S1', 'adb:lab:5555']) {
    assert.equal(parseDeviceRequest(text), { ok: true, value: text });
  }
  for (const text of ['', 'phone', 'adb:', 'ADB']) {
    const parsed = parseDeviceRequest(text);
    assert.is(!parsed.ok && parsed.failure.kind, 'unknown-name');
  }
});

test.run();
