import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REPOSITORY } from '../rig/project.ts';

const test = suite('what is declared of QNN, beside headers of the SDK’s names');

const native = join(REPOSITORY, 'runtime-native');
const sdk = mkdtempSync(join(tmpdir(), 'rwkv-sdk-'));
const HTP = ['Common', 'Context', 'Device', 'Graph', 'Mem', 'PerfInfrastructure', 'SystemContext'];
const HEADERS = ['QnnInterface.h', 'QnnTypes.h', 'System/QnnSystemInterface.h'];
for (const name of [...HEADERS, ...HTP.map((part) => `HTP/QnnHtp${part}.h`)]) {
  const file = join(sdk, 'include/QNN', name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#include "${join(REPOSITORY, 'test/rig/qnn_sdk_headers.h')}"\n`);
}
test.after(() => rmSync(sdk, { recursive: true, force: true }));

function check(...changed: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync(
    'g++',
    [
      ...['-std=c++20', '-fsyntax-only', '-Wall', '-Wextra', '-Werror', ...changed.map((one) => `-D${one}`)],
      ...['-I', join(native, 'src'), '-isystem', join(sdk, 'include/QNN')],
      join(native, 'sdk-check/qnn_abi_check.cpp'),
    ],
    { encoding: 'utf8' },
  );
}

test('the check compiles against headers that say the same', () => {
  const { status, stderr } = check();
  assert.is(status, 0, stderr);
});

test('a layout of an older release and another version fail by their names', () => {
  const older = check('OLDER_DEVICE_CONFIG');
  assert.is.not(older.status, 0);
  assert.match(older.stderr, "another place than socModel of the SDK's QnnHtpDevice_CustomConfig_t");
  const version = check('QNN_API_VERSION_MINOR=36');
  assert.is.not(version.status, 0);
  assert.match(version.stderr, "another number than the SDK's QNN_API_VERSION_MINOR");
});

test.run();
