import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { storageFailure, writeAtomically } from '../../cache/atomic-write.ts';
import { runUntilKilled } from './killed-process.ts';
import { makeReadOnly, scratchDisk, scratchFolder } from './scratch-folder.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('atomic write');

test('a file is written with the folders above it, and nothing else is left', async () => {
  const folder = scratchFolder();
  unwrap(await writeAtomically(join(folder, 'a/b/file'), 'first'));
  unwrap(await writeAtomically(join(folder, 'a/b/file'), Buffer.from('second')));
  assert.is(readFileSync(join(folder, 'a/b/file'), 'utf8'), 'second');
  assert.equal(readdirSync(join(folder, 'a/b')), ['file']);
});

test('two writers at once leave the whole content of one', async () => {
  const path = join(scratchFolder(), 'file');
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(contents.map((content) => writeAtomically(path, content)));
  assert.ok(contents.includes(readFileSync(path, 'utf8')));
});

test('a full disk leaves the old content and no rubbish, and says what to do', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const path = join(disk, 'file');
  unwrap(await writeAtomically(path, 'old'));
  const failure = failureOf(await writeAtomically(path, Buffer.alloc(1024 * 1024)));
  assert.is(failure.kind, 'storage-failed');
  assert.match(failure.message, `cannot use ${path}: the disk is full (ENOSPC)`);
  assert.match(failure.hint ?? '', 'RWKV_BUILD_CACHE');
  assert.is(readFileSync(path, 'utf8'), 'old');
  assert.equal(readdirSync(disk), ['file']);
});

test('a read-only file system is named as that', async () => {
  const disk = scratchDisk(64);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  makeReadOnly(disk);
  const failure = failureOf(await writeAtomically(join(disk, 'file'), 'new'));
  assert.match(failure.message, 'the file system is read-only (EROFS)');
});

test('a file in the place of a folder, and a folder in the place of the file, are told apart', async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'folder/inner'), { recursive: true });
  assert.match(
    failureOf(await writeAtomically(join(folder, 'file/x'), '')).message,
    'a file is in the place of a folder',
  );
  assert.match(
    failureOf(await writeAtomically(join(folder, 'folder'), '')).message,
    'a folder is in its place',
  );
  assert.equal(readdirSync(folder).sort(), ['file', 'folder']);
});

test('a process that is killed in the middle leaves the old content or the new', async () => {
  const path = join(scratchFolder(), 'file');
  for (const lines of [1, 2, 5]) {
    await runUntilKilled('rewrite-forever.ts', [path], lines);
    const content = readFileSync(path, 'utf8');
    assert.is(content.length, 4 * 1024 * 1024);
    assert.is(content, (content[0] ?? '').repeat(content.length));
  }
});

test("an error that is not the system's is a bug and is thrown on", () => {
  assert.throws(() => storageFailure('/x', new TypeError('bug')), /bug/);
});

test('an errno without words of its own is still named', () => {
  const error = Object.assign(new Error('x'), { code: 'EXOTIC' });
  assert.is(storageFailure('/x', error).message, 'cannot use /x: EXOTIC');
});

test.run();
