import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deviceFile, devicePath } from '../../device/device-path.ts';

test('paths lose their needless parts', () => {
  assert.is(devicePath('./lib//a.so'), 'lib/a.so');
  assert.is(devicePath(''), '.');
  assert.is(devicePath('.'), '.');
});

test('a path that leaves the folder is a bug', () => {
  for (const path of ['/etc/passwd', '../x', 'a/../../x', 'a\nb', 'a\0b']) {
    assert.throws(() => devicePath(path), /not a path inside/);
  }
  assert.throws(() => deviceFile('.'), /not a file inside/);
});

test.run();
