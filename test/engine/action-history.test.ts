import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ActionHistory, type HistoryEntry } from '../../engine/action-history.ts';

const test = suite<{ root: string }>('the history of actions');

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'rwkv-build-history-'));
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const open = (root: string): ActionHistory => ActionHistory.open(root, 'p.yaml');

const entry = (fingerprint: string, value = fingerprint): HistoryEntry => ({
  fingerprint,
  manifest: [{ key: 'argument 0', value }],
  seconds: 1.5,
  sources: { up: 'f0' },
  outputs: {
    'o.txt': { type: 'file', digest: { hash: `${fingerprint}-content`, size: 1 }, executable: false },
  },
  startedAt: 1000,
});

test('gives back what was recorded, also to another process', async ({ root }) => {
  const first = open(root);
  first.record('task/with "quotes"\tand tab', entry('f1'));
  await first.save();
  const found = open(root).get('task/with "quotes"\tand tab');
  assert.is(found?.fingerprint, 'f1');
  assert.is(found?.seconds, 1.5);
  assert.equal(found?.manifest, [{ key: 'argument 0', value: 'f1' }]);
  assert.equal(found?.sources, { up: 'f0' });
  assert.is(found?.startedAt, 1000);
});

test('keeps earlier results, and knows the last when one is taken up again', async ({ root }) => {
  const first = open(root);
  first.record('a', entry('f1'));
  first.record('a', entry('f2'));
  await first.save();
  const second = open(root);
  assert.is(second.get('a')?.fingerprint, 'f2');
  assert.is(second.result('a', 'f1')?.fingerprint, 'f1');
  second.record('a', { ...entry('f1'), startedAt: undefined });
  await second.save();
  const third = open(root);
  assert.is(third.get('a')?.fingerprint, 'f1');
  assert.is(third.get('a')?.startedAt, 1000, 'what ran it is not forgotten');
  assert.equal(
    third.makersOf('f2-content').map(({ id }) => id),
    ['a'],
  );
});

test('answers by searching what it answers by its index', async ({ root }) => {
  const first = open(root);
  first.record('a', entry('f1'));
  first.record('ab', entry('f1', 'other'));
  first.record('a', entry('f2'));
  first.record('a', { ...entry('f1'), startedAt: undefined });
  first.record('b', entry('f3'));
  first.recordFailure('b', { fingerprint: 'f4', startedAt: 1, seconds: 1, message: 'no' });
  await first.save();
  const searched = open(root);
  const indexed = open(root);
  indexed.withFingerprint('f');
  for (const id of ['a', 'ab', 'b', 'c']) {
    assert.is(searched.get(id)?.fingerprint, indexed.get(id)?.fingerprint, id);
    assert.equal(searched.failure(id), indexed.failure(id), id);
    assert.equal(searched.result(id, 'f1')?.manifest, indexed.result(id, 'f1')?.manifest, id);
  }
  assert.is(searched.get('b')?.fingerprint, 'f3', 'a failure leaves the last result what it was');
  assert.is(searched.failure('b')?.message, 'no');
});

test('writes nothing when nothing is new', async ({ root }) => {
  const first = open(root);
  first.record('a', entry('f1'));
  await first.save();
  const before = statSync(first.file).mtimeMs;
  const second = open(root);
  second.record('a', { ...entry('f1'), startedAt: undefined });
  await second.save();
  assert.is(statSync(second.file).mtimeMs, before);
  assert.is(readFileSync(second.file, 'utf8').split('\n').length, 2);
});

test('survives a line that was cut off, and goes on after it', async ({ root }) => {
  const first = open(root);
  first.record('a', entry('f1'));
  await first.save();
  appendFileSync(first.file, 'R\t"b"\tf9\t1\t{"m":[["arg');
  const second = open(root);
  assert.is(second.get('b'), undefined);
  second.record('b', entry('f3'));
  await second.save();
  const third = open(root);
  assert.is(third.get('a')?.fingerprint, 'f1');
  assert.is(third.get('b')?.fingerprint, 'f3');
});

test('remembers a failure until there is a result', async ({ root }) => {
  const first = open(root);
  first.recordFailure('a', { fingerprint: 'f1', startedAt: 1, seconds: 2, message: 'exit code 1' });
  await first.save();
  const second = open(root);
  assert.is(second.failure('a')?.message, 'exit code 1');
  second.record('a', entry('f2'));
  assert.is(second.failure('a'), undefined);
});

test('does not grow for ever, and keeps the last of each', async ({ root }) => {
  const big = 'x'.repeat(20_000);
  let history = open(root);
  for (let round = 0; round < 1600; round += 1) {
    history.record('a', entry(`a${round}`, big));
    if (round % 400 === 399) {
      await history.save();
      history = open(root);
    }
  }
  assert.ok(statSync(history.file).size < 20_000 * 1000, String(statSync(history.file).size));
  assert.is(open(root).get('a')?.fingerprint, 'a1599');
});

test.run();
