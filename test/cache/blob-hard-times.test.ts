import { chmodSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact } from '../../cache/artifact.ts';
import { BlobStore } from '../../cache/blob-store.ts';
import type { Digest } from '../../cache/digest.ts';
import { runToEnd, runUntilKilled } from './killed-process.ts';
import { makeReadOnly, scratchDisk } from './scratch-folder.ts';
import { blobAt, bytes, cutShort, digest, scene } from './store-scene.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('blob store: hard times');

test('a full disk stores nothing, leaves nothing, and says what to do', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const store = new BlobStore(disk);
  unwrap(await store.putBytes(bytes));
  const failure = failureOf(await store.putBytes(Buffer.alloc(1024 * 1024, 'x')));
  assert.is(failure.kind, 'storage-failed');
  assert.match(failure.message, 'the disk is full (ENOSPC)');
  assert.equal(readdirSync(join(disk, 'tmp')), []);
  assert.equal(unwrap(await store.verify()), { checked: 1, bytes: bytes.length, damaged: [] });
  unwrap(await store.putBytes(Buffer.from('small still fits')));
});

test('a full disk in the place of a copy leaves nothing there', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const { store } = scene();
  const large = unwrap(await store.putBytes(Buffer.alloc(1024 * 1024, 'x')));
  const artifact: Artifact = { type: 'file', digest: large, executable: false };
  for (const mode of ['copy', 'link'] as const) {
    const failure = failureOf(await store.materialise(artifact, join(disk, 'out'), mode));
    assert.is(failure.kind, 'storage-failed');
    assert.equal(readdirSync(disk), []);
  }
});

test('links to another file system become read-only copies, and files from there are adopted', async () => {
  const disk = scratchDisk(1024);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const { store } = scene();
  const artifact: Artifact = {
    type: 'file',
    digest: unwrap(await store.putBytes(bytes)),
    executable: true,
  };
  unwrap(await store.materialise(artifact, join(disk, 'in'), 'link'));
  assert.is(statSync(join(disk, 'in')).mode & 0o777, 0o555);
  writeFileSync(join(disk, 'out'), 'made there');
  const adopted = unwrap(await store.adoptFile(join(disk, 'out')));
  assert.is(unwrap(await store.read(adopted.digest)).toString(), 'made there');
});

test('a read-only store serves what it has and takes nothing', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const { work } = scene();
  const store = new BlobStore(disk);
  const touched = unwrap(await store.putBytes(Buffer.from('touched')));
  const short = unwrap(await store.putBytes(Buffer.from('cut short')));
  unwrap(await store.putBytes(bytes));
  utimesSync(blobAt(store, touched), 5, 5);
  cutShort(blobAt(store, short), 2);
  makeReadOnly(disk);
  assert.ok(await store.has(touched));
  assert.not(await store.has(short));
  unwrap(await store.materialise({ type: 'file', digest, executable: false }, join(work, 'a'), 'copy'));
  unwrap(await store.materialise({ type: 'file', digest, executable: false }, join(work, 'b'), 'link'));
  assert.match(failureOf(await store.putBytes(Buffer.from('new'))).message, 'read-only');
  const report = unwrap(await store.verify());
  assert.equal(report.damaged, [{ path: blobAt(store, short) }]);
});

test('a store without the permission to write is named with what to do', async () => {
  if (process.getuid?.() === 0) return console.log('skipped: root may write anywhere');
  const { store } = scene();
  unwrap(await store.putBytes(bytes));
  chmodSync(join(store.root, 'tmp'), 0o555);
  const failure = failureOf(await store.putBytes(Buffer.from('new')));
  assert.match(failure.message, 'permission is denied (EACCES)');
  assert.match(failure.hint ?? '', 'RWKV_BUILD_CACHE');
  chmodSync(join(store.root, 'tmp'), 0o755);
});

test('two processes that put the same blobs at the same time agree', async () => {
  const { store } = scene();
  await Promise.all([runToEnd('put-series.ts', [store.root]), runToEnd('put-series.ts', [store.root])]);
  const report = unwrap(await store.verify());
  assert.is(report.checked, 200);
  assert.equal(report.damaged, []);
  assert.equal(readdirSync(join(store.root, 'tmp')), []);
});

test('a process killed in the middle of a put leaves nothing that lies', async () => {
  const { store } = scene();
  for (const puts of [1, 2, 4]) {
    const lines = await runUntilKilled('put-forever.ts', [store.root], puts);
    for (const line of lines) assert.ok(await store.has(JSON.parse(line) as Digest));
  }
  const report = unwrap(await store.verify());
  assert.ok(report.checked >= 7);
  assert.equal(report.damaged, []);
});

test.run();
