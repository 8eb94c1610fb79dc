import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findAdb } from '../../device/adb-program.ts';
import { withFolder } from './device-place.ts';

async function program(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  return path;
}

test('ADB comes before PATH, and PATH before the SDK', () =>
  withFolder(async (folder) => {
    const named = await program(join(folder, 'named', 'my-adb'));
    const onPath = await program(join(folder, 'bin', 'adb'));
    const inSdk = await program(join(folder, 'sdk', 'platform-tools', 'adb'));
    const found = (environment: Record<string, string>) => {
      const result = findAdb(environment);
      return result.ok ? result.value : result.failure.message;
    };
    const PATH = `/nowhere:${join(folder, 'bin')}`;
    const ANDROID_HOME = join(folder, 'sdk');
    assert.is(found({ ADB: named, PATH, ANDROID_HOME }), named);
    assert.is(found({ PATH, ANDROID_HOME }), onPath);
    assert.is(found({ PATH: '/nowhere', ANDROID_HOME }), inSdk);
    assert.match(found({ ADB: join(folder, 'bin'), PATH }), /ADB names .* which is not a program/);
  }));

test('without adb the failure names the command that brings it', () => {
  const result = findAdb({ PATH: '/nowhere' });
  assert.is(!result.ok && result.failure.kind, 'environment-missing');
  assert.match((!result.ok && result.failure.hint) || '', /apt-get install adb/);
});

test.run();
