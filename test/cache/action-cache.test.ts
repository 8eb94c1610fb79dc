import { mkdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ActionCache, type ActionResult } from '../../cache/action-cache.ts';
import { digestBytes } from '../../cache/digest.ts';
import { makeReadOnly, scratchDisk, scratchFolder } from './scratch-folder.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('action cache');
const fingerprint = digestBytes(Buffer.from('action'));
const blob = digestBytes(Buffer.from('blob'));
const result: ActionResult = {
  outputs: {
    'out/model.onnx': { type: 'file', digest: blob, executable: false },
    'out/layers': { type: 'directory', files: [{ path: '0', digest: blob, executable: true }] },
  },
  seconds: 1.25,
  log: blob,
};

async function filled(): Promise<{ cache: ActionCache; path: string }> {
  const cache = new ActionCache(scratchFolder());
  unwrap(await cache.put(fingerprint, result));
  return { cache, path: cache.pathOf(fingerprint) };
}

test('what was put comes back, also to another process', async () => {
  const root = scratchFolder();
  unwrap(await new ActionCache(root).put(fingerprint, result));
  assert.equal(await new ActionCache(root).get(fingerprint), result);
  const { hash } = fingerprint;
  assert.ok(statSync(join(root, 'ac/sha256', hash.slice(0, 2), `${hash}.json`)).isFile());
});

test('what was not put is absent', async () => {
  assert.is(await new ActionCache(scratchFolder()).get(fingerprint), undefined);
});

test('a second put replaces the first', async () => {
  const { cache } = await filled();
  unwrap(await cache.put(fingerprint, { ...result, seconds: 9 }));
  assert.is((await cache.get(fingerprint))?.seconds, 9);
});

test('an entry cut short anywhere is absent', async () => {
  const { cache, path } = await filled();
  const { size } = statSync(path);
  for (const length of [size - 3, Math.floor(size / 2), 1, 0]) {
    truncateSync(path, length);
    assert.is(await cache.get(fingerprint), undefined);
  }
});

test('an entry with any one byte flipped is absent', async () => {
  const { cache, path } = await filled();
  const sound = readFileSync(path);
  for (let at = 0; at < sound.length - 1; at++) {
    const flipped = Buffer.from(sound);
    flipped.writeUInt8(sound.readUInt8(at) ^ 1, at);
    writeFileSync(path, flipped);
    const found = await cache.get(fingerprint);
    assert.is(found, undefined, `byte ${at}`);
  }
});

test('an entry under the name of another is absent', async () => {
  const { cache, path } = await filled();
  const other = digestBytes(Buffer.from('other action'));
  mkdirSync(dirname(cache.pathOf(other)), { recursive: true });
  writeFileSync(cache.pathOf(other), readFileSync(path));
  assert.is(await cache.get(other), undefined);
});

test('an entry that would write outside of its folder is absent', async () => {
  const { cache } = await filled();
  for (const path of ['../evil', '/etc/evil']) {
    unwrap(
      await cache.put(fingerprint, {
        ...result,
        outputs: { [path]: { type: 'file', digest: blob, executable: false } },
      }),
    );
    assert.is(await cache.get(fingerprint), undefined);
  }
});

test('a folder in the place of an entry is absent', async () => {
  const cache = new ActionCache(scratchFolder());
  mkdirSync(cache.pathOf(fingerprint), { recursive: true });
  assert.is(await cache.get(fingerprint), undefined);
});

test('an entry that is used is marked as that, once an hour', async () => {
  const { cache, path } = await filled();
  const now = Date.now() / 1000;
  utimesSync(path, now - 3000, now - 3000);
  await cache.get(fingerprint);
  assert.ok(Date.now() - statSync(path).mtimeMs > 2_900_000, 'less than an hour ago is near enough');
  for (const time of [now - 2 * 3600, now + 10 * 365 * 86_400]) {
    utimesSync(path, time, time);
    await cache.get(fingerprint);
    assert.ok(Math.abs(Date.now() - statSync(path).mtimeMs) < 60_000, `marked at ${time}`);
  }
});

test('looking at an entry does not mark it as used', async () => {
  const { cache, path } = await filled();
  utimesSync(path, 1000, 1000);
  assert.equal(await cache.peek(fingerprint.hash), result);
  assert.is(statSync(path).mtimeMs, 1_000_000);
});

test('a read-only store is read and cannot be put to', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const cache = new ActionCache(disk);
  unwrap(await cache.put(fingerprint, result));
  const old = Date.now() / 1000 - 3 * 24 * 3600;
  utimesSync(cache.pathOf(fingerprint), old, old);
  makeReadOnly(disk);
  assert.equal(await cache.get(fingerprint), result);
  assert.is(failureOf(await cache.put(fingerprint, result)).kind, 'storage-failed');
});

test.run();
