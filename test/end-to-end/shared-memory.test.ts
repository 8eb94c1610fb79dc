import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REPOSITORY } from '../rig/project.ts';
import { shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('what a Snapdragon has and the emulator lacks, by stand-ins around the real libraries');

const project = await shippedTwin();
assert.is((await project.build(['runtime', 'context', '--precision', 'fp16', '--soc', 'SM8650'])).code, 0);
const libraries = await qnnLibraries();
const folder = join(project.folder, 'snapdragon');
const calls = join(folder, 'calls');
mkdirSync(folder);

const compiled = spawnSync(
  'g++',
  [
    ...['-std=c++20', '-shared', '-fPIC', '-Wall', '-Wextra', '-Werror'],
    ...['-I', join(REPOSITORY, 'runtime-native/src')],
    ...[join(REPOSITORY, 'test/rig/snapdragon_stand_in.cpp'), '-o', join(folder, 'libQnnHtp.so')],
  ],
  { encoding: 'utf8' },
);
assert.is(compiled.status, 0, compiled.stderr);
for (const name of ['libQnnSystem.so', 'libcdsprpc.so']) symlinkSync('libQnnHtp.so', join(folder, name));

interface Report {
  readonly text: string;
  readonly tensor_bytes: number;
  readonly shared_tensors: number;
  readonly spill_fill_bytes: number;
  readonly shares_spill_fill: boolean;
}

function generate(qnn: string, refused = ''): { report: Report; log: string; asked: readonly string[] } {
  rmSync(calls, { force: true });
  const words = ['generate', 'out/rwkv7-austen/fp16/SM8650', '--tokenizer', 'byte', '--qnn-libs', qnn];
  const { status, stdout, stderr } = spawnSync(
    join(project.folder, 'out/runtime/x86_64-linux/rwkv-run'),
    [...words, '--prompt', 'It was a ', '--tokens', '12', '--seed', '3', '--json', '-'],
    {
      cwd: project.folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...(qnn === folder ? { LD_LIBRARY_PATH: folder } : {}),
        ...{ REAL_QNN_LIBS: libraries, CALLS: calls, REFUSED: refused },
      },
    },
  );
  assert.is(status, 0, stdout + stderr);
  const asked = existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : [];
  return { report: JSON.parse(stdout) as Report, log: stderr, asked };
}

const emulated = generate(libraries);
const count = (asked: readonly string[], what: string): number => asked.filter((one) => one === what).length;

test('the emulator has neither, and each context has what spills for itself', () => {
  assert.is(emulated.report.shared_tensors, 0);
  assert.is(emulated.report.shares_spill_fill, false);
  assert.ok(emulated.report.tensor_bytes > 0);
});

test('tensors lie in shared memory, are registered once and given back before their contexts go', () => {
  const { report, log, asked } = generate(folder);
  assert.is(report.text, emulated.report.text);
  assert.ok(report.shared_tensors > 20, String(report.shared_tensors));
  assert.not.match(log, 'tensors are copied');
  assert.is(count(asked, 'register'), count(asked, 'deregister'));
  assert.is(count(asked, 'allocate'), count(asked, 'release'));
  assert.is(count(asked, 'unknown handle') + count(asked, 'freed before its memory'), 0);
});

test('chunks share one buffer for what spills, the largest, which goes with the first of them, last', () => {
  const { report, asked } = generate(folder);
  const most = Math.max(...['1', '2'].map((chunk) => bytesOf(chunk) % 1000));
  const contexts = asked.filter((one) => one.includes('context of a group'));
  assert.equal(contexts, [`first context of a group with ${most}`, `other context of a group with ${most}`]);
  assert.is(report.shares_spill_fill, true);
  assert.is(report.spill_fill_bytes, most);
  assert.equal(
    asked.filter((one) => one.startsWith('free')),
    ['free', 'free the first'],
  );
});

test('a device that refuses shared memory gets its tensors with each run, and that is said', () => {
  const { report, log, asked } = generate(folder, 'memory');
  assert.is(report.text, emulated.report.text);
  assert.is(report.shared_tensors, 0);
  assert.match(log, /tensors are copied: .*registering shared memory failed/);
  assert.is(count(asked, 'allocate'), count(asked, 'release'));
});

test('a device that refuses groups loads every context for itself', () => {
  const { report, asked } = generate(folder, 'groups');
  assert.is(report.text, emulated.report.text);
  assert.is(report.shares_spill_fill, false);
  assert.is(report.spill_fill_bytes, (bytesOf('1') % 1000) + (bytesOf('2') % 1000));
  assert.is(count(asked, 'context'), 2);
});

function bytesOf(chunk: string): number {
  const file = join(project.folder, `out/rwkv7-austen/fp16/SM8650/rwkv7-austen_chunk${chunk}of2.bin`);
  return readFileSync(file).length;
}

test.run();
