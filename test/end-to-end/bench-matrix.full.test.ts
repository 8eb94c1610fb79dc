import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { named } from '../../results/record-identity.ts';
import type { MeasuredRecord, RunRecord } from '../../results/run-record.ts';
import { outcome, type Project, written } from '../rig/project.ts';
import { shippedTwin } from '../rig/shipped-project.ts';

const test = suite('a matrix');

const HISTORY = 'bench-history.jsonl';
const SHORT = ['tokens=2', 'evaluation_tokens=4', 'prompt_sizes=2', 'text_sizes=2'].flatMap((set) => [
  '--set',
  set,
]);
/** The third cannot work: that SoC has no fp16. */
const MATRIX = `matrices:
  small:
    model: [rwkv7-austen]
    precision: [fp16, a16w8]
    soc: [SM8650]
    include: [{ model: rwkv7-austen, precision: fp16, soc: SM7325 }]
`;

const call = ['bench', '--matrix', 'small', '--device', 'emulator', ...SHORT];

async function matrixProject(): Promise<Project> {
  const project = await shippedTwin();
  const pipeline = project.read('rwkv.pipeline.yaml');
  project.write('rwkv.pipeline.yaml', pipeline.replace(/^matrices:[\s\S]*?\n(?=\w)/m, MATRIX));
  return project;
}

const records = (project: Project): readonly RunRecord[] =>
  project
    .read(HISTORY)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunRecord);

test('goes on past a failure, and after an interruption with what it had not measured', async () => {
  const project = await matrixProject();
  const child = project.start(call);
  const ended = outcome(child);
  await written(child, 'cell 2 of 3');
  child.kill('SIGINT');
  const first = await ended;
  assert.is(first.code, 130, first.stderr);
  assert.match(first.stderr, 'bench --matrix small --continue');
  assert.is(records(project).length, 1);

  const second = await project.run([...call, '--continue']);
  assert.is(second.code, 1, second.stderr);
  assert.match(second.stderr, 'cell 1 of 3: rwkv7-austen · fp16 · SM8650: measured already');
  assert.ok(second.stderr.includes('2 cells measured, 1 failed'), second.stderr);
  const found = records(project);
  assert.equal(
    found.map(({ outcome }) => outcome),
    ['measured', 'measured', 'failed'],
  );
  assert.is(new Set(found.map(({ run }) => run)).size, 1);
  const [measured, , refused] = found;
  assert.match(refused?.outcome === 'failed' ? refused.failure.message : '', 'SM7325');
  if (measured?.outcome !== 'measured') return assert.unreachable();
  assert.is(measured.emulated, true);
  assert.match(measured.device.host ?? '', / cores$/);
  assert.equal(
    measured.speeds.map(({ test: name, tokens_per_second }) => [name, tokens_per_second.length]),
    [
      ['pp2', 5],
      ['tg2', 5],
    ],
  );
  assert.ok(measured.accuracy.kl_mean < 1e-4);
  assert.ok(existsSync(join(project.folder, 'out/rwkv7-austen/fp16/SM8650/benchmark.json')));

  const later = (run: string, share: number): RunRecord[] =>
    found.map((record) => slowed(record, run, share));
  const write = (lines: readonly RunRecord[]): void =>
    project.write(HISTORY, lines.map((record) => `${JSON.stringify(record)}\n`).join(''));

  write([...found, ...later('9999-01-01T00-00-00Z', 1)]);
  const same = await project.run(['bench', 'check']);
  assert.is(same.code, 0, same.stdout);
  assert.match(same.stdout, /0 regressions, 0 improvements, 8 figures the same/);

  write([...found, ...later('9999-01-01T00-00-00Z', 0.6)]);
  const worse = await project.run(['bench', 'check']);
  assert.is(worse.code, 1, worse.stdout);
  assert.match(worse.stdout, /✗ +rwkv7-austen · fp16 · SM8650 · *|✗ +rwkv7-austen · fp16 · SM8650/);
  assert.match(worse.stdout, '−40.0 %');
  assert.match(worse.stdout, /4 regressions/);

  const exported = await project.run(['bench', 'export', '--format', 'json', '--run', '9999']);
  const entries = JSON.parse(exported.stdout) as { name: string; unit: string; value: number }[];
  assert.is(entries.length, 4);
  assert.match(entries[0]?.name ?? '', /· emulated$/);
  const csv = await project.run(['bench', 'export']);
  assert.is(csv.stdout.trim().split('\r\n').length, 1 + 2 * 2 * 4);
});

function slowed(record: RunRecord, run: string, share: number): RunRecord {
  const { id: _id, ...rest } = record;
  if (rest.outcome === 'failed') return named({ ...rest, run });
  const speeds = rest.speeds.map((speed) => ({
    ...speed,
    tokens_per_second: speed.tokens_per_second.map((each) => each * share),
  }));
  return named<MeasuredRecord>({ ...rest, run, time: '9999-01-01T00:00:00.000Z', doubts: [], speeds });
}

test.run();
