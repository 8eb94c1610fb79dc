import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { durationSeconds, memoryBytes } from '../../engine/quantity.ts';
import { isRunning } from '../rig/process-state.ts';
import { Project } from '../rig/project.ts';
import { complaints, load } from './sample-kinds.ts';

const test = suite<{ project: Project }>('what a task says about how it is run');

test.before.each((context) => {
  context.project = new Project();
});
test.after.each(({ project }) => project.remove());

const pipeline = (tasks: string): string => `version: 1\ntasks:\n${tasks}`;

test('reads durations in seconds or with a unit, and nothing else', () => {
  const written = [90, '90', '90 s', '1.5min', '2 h', 0, -1, '0 s', '90 sec', 'soon', ''];
  assert.equal(written.map(durationSeconds), [
    ...[90, 90, 90, 90, 7200],
    ...[undefined, undefined, undefined, undefined, undefined, undefined],
  ]);
});

test('reads memory with its unit', () => {
  assert.equal(['4 GB', '512MiB', '1.5GiB', '4', '4 TB', '0 GB'].map(memoryBytes), [
    ...[4e9, 512 * 2 ** 20, 1.5 * 2 ** 30],
    ...[undefined, undefined, undefined],
  ]);
});

test('keeps what a task says, and nothing that it does not', () => {
  const loaded = load(
    pipeline(
      '  a: { run: x, retries: 2, time-limit: 90 s, memory: 4 GB, reach: network }\n  b: { run: x }\n',
    ),
  );
  assert.ok(loaded.ok);
  if (!loaded.ok) return;
  const limits = { retries: 2, timeLimitSeconds: 90, memoryBytes: 4e9, reach: 'network' };
  assert.equal(loaded.value.tasks.a?.limits, limits);
  assert.equal(loaded.value.tasks.b?.limits, {});
});

const MISTAKES: Readonly<Record<string, RegExp>> = {
  'retries: -1': /at least 0, found `-1`/,
  'retries: often': /expected a whole number, found a string/,
  'time-limit: 0': /expected more than 0/,
  'time-limit: soon': /`soon` is no duration: expected seconds, or such as `90 s`, `10 min`, `2 h`/,
  'memory: 4': /expected a string, found `4`/,
  'memory: lots': /`lots` is no amount of memory: expected such as `4 GB`, `512 MiB`/,
  'reach: phone': /unknown value `phone`/,
};
for (const [mistake, words] of Object.entries(MISTAKES)) {
  test(`refuses \`${mistake}\` in words`, () => {
    assert.match(complaints(pipeline(`  a: { run: x, ${mistake} }\n`)).join('\n'), words);
  });
}

test('refuses `reach` of a task that uses a kind, which knows its own', () => {
  assert.match(
    complaints(pipeline('  a: { uses: benchmark, reach: device }\n')).join('\n'),
    /a kind knows its own/,
  );
});

/** Fails until it has been run this often. */
const flaky = (folder: string, times: number, extra: string): string =>
  pipeline(
    `  flaky: { run: "echo >> ${folder}/runs; test $(wc -l < ${folder}/runs) -ge ${times}; echo x > a", outputs: [a]${extra} }\n`,
  );

test('runs a command again that failed, as often as the task says, and tells of it', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', flaky(project.folder, 3, ', retries: 2'));
  const { code, stderr } = await project.run(['flaky']);
  assert.is(code, 0, stderr);
  assert.match(stderr, 'flaky failed: exit code 1; trying again, 1 of 2');
  assert.match(stderr, 'trying again, 2 of 2');
  assert.is(project.read('out/a'), 'x\n');
});

test('fails when the last attempt does, and lets the command line give more of them', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', flaky(project.folder, 4, ', retries: 1'));
  assert.is((await project.run(['flaky'])).code, 1);
  assert.is(project.read('runs'), '\n\n');
  assert.is((await project.run(['flaky', '--retries', '2'])).code, 0);
});

test('does not run again what would fail in the same way', async ({ project }) => {
  project.write('notes.txt', 'x');
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(
      `  look: { run: "echo >> ${project.folder}/runs; cat notes.txt > a", outputs: [a], retries: 3 }\n`,
    ),
  );
  assert.is((await project.run(['look'])).code, 1);
  assert.is(project.read('runs'), '\n');
});

test('waits before it reaches for the network again, and not after an interruption', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', flaky(project.folder, 2, ', retries: 1, reach: network'));
  const start = performance.now();
  const { code, stderr } = await project.run(['flaky']);
  assert.is(code, 0);
  assert.match(stderr, 'trying again in 1 s, 1 of 1');
  assert.ok(performance.now() - start >= 1000);
});

test('ends a command at its time limit, with all that it started', async ({ project }) => {
  const task = (limit: string): string =>
    pipeline(
      `  slow: { run: "trap '' TERM; sleep 61 & echo $! > ${project.folder}/pid; sleep 60", outputs: [a]${limit} }\n`,
    );
  for (const [limit, args] of [
    [', time-limit: 0.3 s', []],
    ['', ['--time-limit', '0.3s']],
  ] as const) {
    project.write('rwkv.pipeline.yaml', task(limit));
    const start = performance.now();
    const { code, stderr } = await project.run(['slow', ...args]);
    assert.is(code, 1);
    assert.match(stderr, 'slow failed: not done after its time limit of 0.3 s');
    assert.ok(performance.now() - start < 20_000, 'a command that ignores SIGTERM is killed');
    assert.not.ok(isRunning(Number(project.read('pid'))));
  }
});

test('refuses a count or a limit on the command line that is none', async ({ project }) => {
  for (const option of [
    ['--retries', '-1'],
    ['--time-limit', 'soon'],
    ['--sandbox', 'strikt'],
  ]) {
    assert.is((await project.run(['a', ...option])).code, 2);
  }
});

test('remembers how much memory a command took, with what it started', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(
      `  big: { run: "python3 -c \\"import time; a = b'x' * 200000000; time.sleep(1.5)\\"; echo x > a", outputs: [a] }\n`,
    ),
  );
  assert.is((await project.run(['big'], { PATH: '/usr/bin:/bin' })).code, 0);
  const results = join(project.cache, 'ac', 'sha256');
  const [shard = ''] = readdirSync(results);
  const [name = ''] = readdirSync(join(results, shard));
  const { record } = JSON.parse(readFileSync(join(results, shard, name), 'utf8'));
  assert.ok(record.peakMemoryBytes > 200e6 && record.peakMemoryBytes < 400e6, String(record.peakMemoryBytes));
});

test.run();
