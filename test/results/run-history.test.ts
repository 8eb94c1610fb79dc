import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { named } from '../../results/record-identity.ts';
import { appendRecord, readHistory } from '../../results/run-history.ts';
import { scratchFolder } from '../cache/scratch-folder.ts';
import { failureOf, unwrap } from '../cache/unwrap.ts';
import { failed, measured } from './sample-records.ts';

const test = suite('run history');

const [FIRST, SECOND, THIRD] = ['01', '02', '03'].map((day) => measured({ run: `2026-11-${day}T02-00-00Z` }));

async function historyOf(...records: readonly (typeof FIRST)[]): Promise<string> {
  const file = join(scratchFolder(), 'below', 'history.jsonl');
  for (const record of records) if (record !== undefined) unwrap(await appendRecord(file, record));
  return file;
}

const runs = async (...files: readonly string[]): Promise<readonly string[]> =>
  unwrap(await readHistory(files)).records.map(({ run }) => run.slice(8, 10));

test('what is appended is read, a line a record', async () => {
  const failure = failed({ run: '2026-11-04T02-00-00Z' });
  const file = await historyOf(FIRST);
  unwrap(await appendRecord(file, failure));
  assert.equal(unwrap(await readHistory([file])).records, [FIRST, failure]);
  assert.is(readFileSync(file, 'utf8').split('\n').length, 3);
});

test('histories of several machines are one, by time, each record once', async () => {
  assert.equal(await runs(await historyOf(THIRD, FIRST), await historyOf(FIRST, SECOND)), ['01', '02', '03']);
});

test('a line that a killed process left unfinished is left out, and gone after the next', async () => {
  const file = await historyOf(FIRST);
  appendFileSync(file, JSON.stringify(SECOND).slice(0, 50));
  assert.equal(await runs(file), ['01']);
  if (THIRD !== undefined) unwrap(await appendRecord(file, THIRD));
  assert.equal(await runs(file), ['01', '03']);
});

test('a last line without its end, as editors leave it, is a record like any', async () => {
  const file = await historyOf(FIRST);
  appendFileSync(file, JSON.stringify(SECOND));
  assert.equal(await runs(file), ['01', '02']);
  if (THIRD !== undefined) unwrap(await appendRecord(file, THIRD));
  assert.equal(await runs(file), ['01', '02', '03']);
});

test('a line that is no record is named by its number', async () => {
  const file = await historyOf(FIRST);
  appendFileSync(file, `{"schema": 1, "id": "no"}\n${JSON.stringify(SECOND)}\n`);
  const failure = failureOf(await readHistory([file]));
  assert.is(failure.kind, 'history-damaged');
  assert.match(failure.message, `${file}:2`);
});

test('records of a newer version are counted and left out', async () => {
  const file = await historyOf(FIRST);
  appendFileSync(file, `${JSON.stringify({ ...SECOND, schema: 2 })}\n`);
  const history = unwrap(await readHistory([file]));
  assert.is(history.newer, 1);
  assert.is(history.records.length, 1);
});

test('a history that is not there is named, with what begins one', async () => {
  const failure = failureOf(await readHistory([join(scratchFolder(), 'none.jsonl')]));
  assert.is(failure.kind, 'input-missing');
  assert.match(failure.hint ?? '', 'rwkv-build bench --matrix');
});

test('a record has the same id whatever the order of its fields', () => {
  const { id, ...rest } = measured({ run: '2026-11-01' });
  const turned = Object.fromEntries(Object.entries(rest).reverse()) as typeof rest;
  assert.is(named(turned).id, id);
  assert.is.not(named({ ...rest, run: 'another' }).id, id);
});

test('a history that cannot be written is named', async () => {
  const file = join(await historyOf(FIRST), 'below-a-file.jsonl');
  const failure = failureOf(await appendRecord(file, measured({ run: '2026-11-05' })));
  assert.is(failure.kind, 'storage-failed');
  assert.match(failure.message, 'below-a-file.jsonl');
});

test.run();
