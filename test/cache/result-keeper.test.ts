import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ActionCache, type ActionResult } from '../../cache/action-cache.ts';
import { BlobStore } from '../../cache/blob-store.ts';
import { digestBytes } from '../../cache/digest.ts';
import { ResultKeeper } from '../../cache/result-keeper.ts';
import type { Result } from '../../engine/result.ts';
import { scratchFolder } from './scratch-folder.ts';

/** A store that tells in which order things are done to it. */
class ObservedStore extends BlobStore {
  readonly done: string[];

  constructor(root: string, done: string[]) {
    super(root);
    this.done = done;
  }

  override async flush(): Promise<Result<void>> {
    const flushed = await super.flush();
    this.done.push('flush');
    return flushed;
  }
}

class ObservedResults extends ActionCache {
  readonly done: string[];

  constructor(root: string, done: string[]) {
    super(root);
    this.done = done;
  }

  override put(...entry: Parameters<ActionCache['put']>): Result<void> {
    this.done.push('result');
    return super.put(...entry);
  }
}

async function resultOf(blobs: BlobStore, text: string): Promise<ActionResult> {
  const stored = await blobs.putBytes(Buffer.from(text));
  if (!stored.ok) throw new Error(stored.failure.message);
  const output = { type: 'file', digest: stored.value, executable: false } as const;
  return { outputs: { 'out.txt': output }, seconds: 1, log: digestBytes(Buffer.from('')) };
}

const named = (name: string): ReturnType<typeof digestBytes> => digestBytes(Buffer.from(name));

test('a result is written after its blobs have been flushed, and results that came meanwhile share a flush', async () => {
  const root = scratchFolder();
  const done: string[] = [];
  const blobs = new ObservedStore(root, done);
  const results = new ObservedResults(root, done);
  const keeper = new ResultKeeper(blobs, results);
  const [one, two, three] = await Promise.all(['1', '2', '3'].map((text) => resultOf(blobs, text)));
  keeper.keep(named('one'), one as ActionResult);
  keeper.keep(named('two'), two as ActionResult);
  keeper.keep(named('three'), three as ActionResult);
  assert.ok((await keeper.drain()).ok);
  assert.is(done[0], 'flush');
  assert.is(done.filter((what) => what === 'result').length, 3);
  assert.is(done.filter((what) => what === 'flush').length, 1);
  for (const name of ['one', 'two', 'three']) assert.ok((await results.get(named(name))) !== undefined);
});

test('a result that cannot be written is told of when the keeper is drained', async () => {
  const root = scratchFolder();
  const blobs = new BlobStore(root);
  const keeper = new ResultKeeper(blobs, new ActionCache(root));
  const result = await resultOf(blobs, '1');
  writeFileSync(join(root, 'ac'), 'a file where the folder should be');
  keeper.keep(named('one'), result);
  const drained = await keeper.drain();
  assert.is(!drained.ok && drained.failure.kind, 'storage-failed');
});

test('a result is there at once, and until its blobs are flushed it counts only as long as the machine runs', async () => {
  const root = scratchFolder();
  const blobs = new BlobStore(root);
  const results = new ActionCache(root);
  const keeper = new ResultKeeper(blobs, results);
  keeper.keep(named('one'), await resultOf(blobs, '1'));
  assert.ok((await results.get(named('one'))) !== undefined);
  const path = results.pathOf(named('one'));
  const { record } = JSON.parse(readFileSync(path, 'utf8')) as { record: { boot?: string } };
  assert.ok(record.boot !== undefined);
  const earlier = { ...record, boot: 'another start of the machine' };
  const sum = digestBytes(Buffer.from(JSON.stringify(earlier))).hash;
  writeFileSync(path, JSON.stringify({ sum, record: earlier }));
  assert.is(await results.get(named('one')), undefined);
  assert.ok((await keeper.drain()).ok);
  assert.not.match(readFileSync(path, 'utf8'), '"boot"');
  assert.ok((await results.get(named('one'))) !== undefined);
});

test('an entry that a power cut left half-written is no result', async () => {
  const root = scratchFolder();
  const blobs = new BlobStore(root);
  const results = new ActionCache(root);
  assert.ok(results.put(named('one'), await resultOf(blobs, '1')).ok);
  const path = results.pathOf(named('one'));
  assert.ok(existsSync(path));
  writeFileSync(path, readFileSync(path).subarray(0, 40));
  assert.is(await results.get(named('one')), undefined);
});

test.run();
