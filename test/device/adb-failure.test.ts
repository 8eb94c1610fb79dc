import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adbFailure, adbWords, severalAttached, stateFailure } from '../../device/adb-failure.ts';

const device = (serial: string, state: string, model = '') => ({ serial, state, model });

test('every state that is not usable has its own words and a next step', () => {
  const messages = ['unauthorized', 'offline', 'no permissions', 'recovery', 'bootloader', 'rescue'].map(
    (state) => {
      const failure = stateFailure(device('S1', state));
      assert.is(failure.kind, 'device-unavailable');
      assert.ok(failure.hint);
      return failure.message;
    },
  );
  assert.is(new Set(messages).size, messages.length);
  assert.match(messages[0] ?? '', /S1 has not authorised this computer/);
  assert.match(messages.at(-1) ?? '', /"rescue"/);
});

test('several devices are listed with the option that chooses each', () => {
  const failure = severalAttached([device('S1', 'device', 'SM 1'), device('S2', 'device')]);
  assert.is(
    failure.message,
    'several devices: choose one with --device adb:SERIAL\n  --device adb:S1   SM 1\n  --device adb:S2',
  );
});

test("adb's words are told apart", () => {
  const kindOf = (words: string) => {
    const failure = adbFailure('S1', 'pushing a', words);
    return failure.kind === 'storage-failed' ? failure.code : failure.message;
  };
  assert.is(
    kindOf("adb: error: failed to copy 'a' to 'b': remote write failed: No space left on device"),
    'ENOSPC',
  );
  assert.is(
    kindOf("adb: error: failed to copy 'a' to 'b': remote couldn't create file: Permission denied"),
    'EACCES',
  );
  assert.is(kindOf('mkdir: /data/x: Read-only file system'), 'EROFS');
  assert.match(kindOf("error: device 'S1' not found"), /went away while pushing a/);
  assert.match(kindOf('error: device offline'), /is offline/);
  assert.match(kindOf('adb: device unauthorized.\nThis adb server...'), /has not authorised/);
  assert.match(
    kindOf('* cannot connect to daemon at tcp:5037: Connection refused'),
    /server does not answer/,
  );
  assert.match(kindOf('error: closed'), /connection to device S1 was lost while pushing a: error: closed/);
  assert.match(kindOf(''), /connection to device S1 was lost while pushing a$/);
});

test("a program's own complaint about permissions is no word of adb", () => {
  assert.is(adbWords('cat: x: Permission denied\nerror: closed\n'), 'error: closed');
});

test.run();
