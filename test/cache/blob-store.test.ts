import { chmodSync, existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_DIGEST } from '../../cache/digest.ts';
import { blobAt, bytes, cutShort, damaged, digest, flipByte, scene } from './store-scene.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('blob store');

test('bytes come back by their digest, from a read-only file', async () => {
  const { store } = scene();
  assert.not(await store.has(digest));
  assert.equal(unwrap(await store.putBytes(bytes)), digest);
  assert.ok(await store.has(digest));
  assert.equal(unwrap(await store.read(digest)), bytes);
  assert.is(statSync(blobAt(store, digest)).mode & 0o777, 0o444);
  assert.is(unwrap(await store.pathOf(digest)), blobAt(store, digest));
});

test('no bytes are a blob too', async () => {
  const { store } = scene();
  assert.not(await store.has(EMPTY_DIGEST));
  unwrap(await store.putBytes(Buffer.alloc(0)));
  assert.is(unwrap(await store.read(EMPTY_DIGEST)).byteLength, 0);
});

test('putting what is there leaves it alone', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  const { ino } = statSync(blobAt(store, digest));
  unwrap(await store.putBytes(bytes));
  assert.is(statSync(blobAt(store, digest)).ino, ino);
});

test('a blob that is not there is a store-corrupt with the next step', async () => {
  const { store } = scene();
  const failure = failureOf(await store.read(digest));
  assert.is(failure.kind, 'store-corrupt');
  assert.match(failure.hint ?? '', 'Run the build again');
});

test('a truncated blob counts as absent, is moved aside, and can be put again', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  cutShort(blobAt(store, digest), 3);
  assert.not(await store.has(digest));
  assert.not(existsSync(blobAt(store, digest)));
  assert.is(damaged(store).length, 1);
  unwrap(await store.putBytes(bytes));
  assert.equal(unwrap(await store.read(digest)), bytes);
});

test('a write into a blob is noticed although the size is the same', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  chmodSync(blobAt(store, digest), 0o644);
  writeFileSync(blobAt(store, digest), 'THE BYTES OF A BLOB');
  assert.not(await store.has(digest));
  assert.is(damaged(store).length, 1);
});

test('a blob that was only touched is proven once and stays', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  const seal = statSync(blobAt(store, digest)).mtimeMs;
  utimesSync(blobAt(store, digest), 5, 5);
  assert.ok(await store.has(digest));
  assert.is(statSync(blobAt(store, digest)).mtimeMs, seal);
});

test('verify finds every flipped byte, wherever it is', async () => {
  const { store } = scene();
  for (let at = 0; at < bytes.length; at++) {
    unwrap(await store.putBytes(bytes));
    flipByte(blobAt(store, digest), at);
    assert.ok(await store.has(digest), 'a look at the status cannot tell');
    const report = unwrap(await store.verify());
    assert.is(report.checked, 1);
    assert.is(report.damaged.length, 1);
    assert.is(report.damaged[0]?.path, blobAt(store, digest));
    assert.ok(existsSync(report.damaged[0]?.movedTo ?? ''));
    assert.not(await store.has(digest));
  }
});

test('a flipped byte is not read out', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  flipByte(blobAt(store, digest), 4);
  assert.is(failureOf(await store.read(digest)).kind, 'store-corrupt');
  assert.not(await store.has(digest));
});

test('verify leaves what is sound, moves what does not belong, and tells the bytes', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  mkdirSync(join(store.root, 'cas/sha256/zz'));
  writeFileSync(join(store.root, 'cas/sha256/zz/README'), 'x');
  mkdirSync(join(store.root, 'cas/sha256/zz/folder'));
  let seen = 0;
  const report = unwrap(
    await store.verify((read) => {
      seen = read;
    }),
  );
  assert.is(report.checked, 3);
  assert.is(report.bytes, bytes.length);
  assert.is(seen, bytes.length);
  assert.is(report.damaged.length, 2);
  assert.ok(await store.has(digest));
});

test('verify of a store that was never used finds nothing', async () => {
  assert.equal(unwrap(await scene().store.verify()), { checked: 0, bytes: 0, damaged: [] });
});

test('a digest with another size is not in the store, and does the blob no harm', async () => {
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  assert.not(await store.has({ hash: digest.hash, size: 3 }));
  assert.ok(await store.has(digest));
});

test.run();
