import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact } from '../../cache/artifact.ts';
import { digestBytes } from '../../cache/digest.ts';
import { blobAt, bytes, cutShort, digest, fill, flipByte, scene } from './store-scene.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('blob store: adopting and materialising');

test('an adopted file is moved into the store', async () => {
  const { store, work } = scene();
  writeFileSync(join(work, 'out'), bytes);
  const { ino } = statSync(join(work, 'out'));
  assert.equal(unwrap(await store.adoptFile(join(work, 'out'))), { type: 'file', digest, executable: false });
  assert.not(existsSync(join(work, 'out')));
  assert.is(statSync(blobAt(store, digest)).ino, ino);
});

test('an adopted file whose blob is there goes away as well', async () => {
  const { store, work } = scene();
  unwrap(await store.putBytes(bytes));
  writeFileSync(join(work, 'out'), bytes);
  unwrap(await store.adoptFile(join(work, 'out')));
  assert.not(existsSync(join(work, 'out')));
});

test('a file with another hard link is copied, so that nobody can write to the blob through it', async () => {
  const { store, work } = scene();
  writeFileSync(join(work, 'out'), bytes);
  linkSync(join(work, 'out'), join(work, 'other'));
  unwrap(await store.adoptFile(join(work, 'out')));
  writeFileSync(join(work, 'other'), 'something else now');
  assert.equal(unwrap(await store.read(digest)), bytes);
});

test('an output that is a link to an input of the store does no harm', async () => {
  const { store, work } = scene();
  const artifact: Artifact = { type: 'file', digest: unwrap(await store.putBytes(bytes)), executable: false };
  unwrap(await store.materialise(artifact, join(work, 'in'), 'link'));
  linkSync(join(work, 'in'), join(work, 'out'));
  assert.equal(unwrap(await store.adoptFile(join(work, 'out'))), artifact);
  assert.ok(await store.contains(artifact));
});

test('a link to a blob that is known is that blob: nothing is copied', async () => {
  const { store, work } = scene();
  const artifact = { type: 'file', digest: unwrap(await store.putBytes(bytes)), executable: false } as const;
  const { ino } = statSync(blobAt(store, digest));
  unwrap(await store.materialise(artifact, join(work, 'out'), 'link'));
  assert.equal(unwrap(await store.adoptFile(join(work, 'out'), () => artifact)), artifact);
  assert.is(statSync(blobAt(store, digest)).ino, ino);
});

test('a link to a blob that was written to is not taken for it', async () => {
  const { store, work } = scene();
  const artifact = { type: 'file', digest: unwrap(await store.putBytes(bytes)), executable: false } as const;
  unwrap(await store.materialise(artifact, join(work, 'out'), 'link'));
  chmodSync(join(work, 'out'), 0o644);
  writeFileSync(join(work, 'out'), 'something else now');
  const adopted = unwrap(await store.adoptFile(join(work, 'out'), () => artifact));
  assert.equal(adopted.digest, digestBytes(Buffer.from('something else now')));
});

test('what is not a file cannot be adopted', async () => {
  const { store, work } = scene();
  assert.is(failureOf(await store.adoptFile(work)).kind, 'invalid-value');
  assert.is(failureOf(await store.adoptFile(join(work, 'absent'))).kind, 'storage-failed');
});

test('an executable can be linked, and the same bytes as a plain file as well', async () => {
  const { store, work } = scene();
  writeFileSync(join(work, 'tool'), bytes, { mode: 0o755 });
  const tool = unwrap(await store.adoptFile(join(work, 'tool')));
  assert.ok(tool.executable);
  assert.ok(await store.has(digest));
  unwrap(await store.materialise(tool, join(work, 'a'), 'link'));
  unwrap(await store.materialise({ ...tool, executable: false }, join(work, 'b'), 'link'));
  assert.is(statSync(join(work, 'a')).mode & 0o777, 0o555);
  assert.is(statSync(join(work, 'b')).mode & 0o777, 0o444);
  assert.is(statSync(join(work, 'a')).ino, statSync(blobAt(store, digest, 'sha256-x')).ino);
  assert.is(statSync(join(work, 'b')).ino, statSync(blobAt(store, digest)).ino);
});

test('a copy is writable and shares nothing with the store', async () => {
  const { store, work } = scene();
  unwrap(await store.putBytes(bytes));
  for (const [executable, mode] of [
    [false, 0o644],
    [true, 0o755],
  ] as const) {
    const at = join(work, `${executable}`);
    unwrap(await store.materialise({ type: 'file', digest, executable }, at, 'copy'));
    assert.is(statSync(at).mode & 0o777, mode);
    writeFileSync(at, 'mine');
  }
  assert.equal(unwrap(await store.read(digest)), bytes);
});

test('nothing of a folder is moved when a part of it is refused', async () => {
  const { store, work } = scene();
  fill(join(work, 'out'), { a: '1', 'sub/b': '2' });
  symlinkSync('a', join(work, 'out/sub/link'));
  const failure = failureOf(await store.adoptDirectory(join(work, 'out')));
  assert.is(failure.kind, 'invalid-value');
  assert.match(failure.message, `${join(work, 'out/sub/link')} cannot be an output: it is a symbolic link`);
  assert.is(readFileSync(join(work, 'out/sub/b'), 'utf8'), '2');
  assert.not(await store.has(digestBytes(Buffer.from('1'))));
});

test('a folder comes back as it was, without its empty folders', async () => {
  const { store, work } = scene();
  fill(join(work, 'out'), { b: '1', 'a/b/c': '2', 'a.b': '3', 'ü/😀': '' });
  mkdirSync(join(work, 'out/empty/inner'), { recursive: true });
  chmodSync(join(work, 'out/b'), 0o755);
  const artifact = unwrap(await store.adoptDirectory(join(work, 'out')));
  assert.equal(
    artifact.files.map((file) => [file.path, file.executable]),
    [
      ['a.b', false],
      ['a/b/c', false],
      ['b', true],
      ['ü/😀', false],
    ],
  );
  for (const mode of ['link', 'copy'] as const) {
    const at = join(work, 'x', mode);
    unwrap(await store.materialise(artifact, at, mode));
    assert.equal(readdirSync(at).sort(), ['a', 'a.b', 'b', 'ü']);
    assert.is(readFileSync(join(at, 'a/b/c'), 'utf8'), '2');
    assert.is(statSync(join(at, 'b')).mode & 0o777, mode === 'link' ? 0o555 : 0o755);
  }
});

test('an empty folder is one too', async () => {
  const { store, work } = scene();
  mkdirSync(join(work, 'out'));
  const artifact = unwrap(await store.adoptDirectory(join(work, 'out')));
  unwrap(await store.materialise(artifact, join(work, 'in'), 'link'));
  assert.equal(readdirSync(join(work, 'in')), []);
  assert.ok(await store.contains(artifact));
});

test('what lies in the way is replaced, of whatever type it is', async () => {
  const { store, work } = scene();
  fill(join(work, 'out'), { new: 'x' });
  const folder = unwrap(await store.adoptDirectory(join(work, 'out')));
  const file: Artifact = { type: 'file', digest: unwrap(await store.putBytes(bytes)), executable: false };
  const at = join(work, 'at');
  for (const artifact of [folder, file, file, folder, folder]) {
    for (const mode of ['copy', 'link'] as const) {
      unwrap(await store.materialise(artifact, at, mode));
      if (artifact.type === 'file') assert.equal(readFileSync(at), bytes);
      else assert.equal(readdirSync(at), ['new']);
      assert.equal(readdirSync(work).sort(), ['at', 'out'], 'nothing else is left');
    }
  }
});

test('a folder that lacks one blob is not contained, and not half materialised', async () => {
  const { store, work } = scene();
  fill(join(work, 'out'), { a: '1', b: '2' });
  const artifact = unwrap(await store.adoptDirectory(join(work, 'out')));
  assert.ok(await store.contains(artifact));
  cutShort(blobAt(store, digestBytes(Buffer.from('2'))), 0);
  assert.not(await store.contains(artifact));
  assert.is(failureOf(await store.materialise(artifact, join(work, 'in'), 'link')).kind, 'store-corrupt');
  assert.equal(readdirSync(work), ['out']);
});

test('temporary files older than a day go, younger ones stay, also those that are sealed', async () => {
  const { store } = scene();
  fill(join(store.root, 'tmp'), { file: 'x', sealed: 'x', 'folder/file': 'x' });
  utimesSync(join(store.root, 'tmp/sealed'), 1_000_000_000, 1_000_000_000);
  await store.cleanTemporaryFiles();
  assert.equal(readdirSync(join(store.root, 'tmp')).sort(), ['file', 'folder', 'sealed']);
  await store.cleanTemporaryFiles(Date.now() + 25 * 3600 * 1000);
  assert.equal(readdirSync(join(store.root, 'tmp')), []);
  await scene().store.cleanTemporaryFiles();
});

test('a blob that is stored again is renewed: it may have rotted, or be about to be collected', async () => {
  const { store, work } = scene();
  const path = blobAt(store, unwrap(await store.putBytes(bytes)));
  flipByte(path, 3);
  writeFileSync(join(work, 'made'), bytes);
  unwrap(await store.adoptFile(join(work, 'made')));
  assert.equal(readFileSync(path), bytes);
  const before = statSync(path).ctimeMs;
  await sleep(50);
  unwrap(await store.putBytes(bytes));
  assert.ok(statSync(path).ctimeMs > before);
});

test.run();
