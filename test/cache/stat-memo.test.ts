import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes } from '../../cache/digest.ts';
import { stampOf } from '../../cache/file-stamp.ts';
import { StatMemo } from '../../cache/stat-memo.ts';
import { scratchFolder } from './scratch-folder.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('stat memo');

interface MemoFile {
  format: number;
  entries: [
    path: string,
    size: number,
    mtime: string,
    ctime: string,
    inode: string,
    hash: string,
    day: number,
  ][];
}

const today = Math.floor(Date.now() / 86_400_000);

/**
 * A memo's file that holds this entry for a file as it is now. Written by hand, because a file that a test just
 * made is too young to be remembered, and the digest is a lie, which shows whether the file was read.
 */
function remembered(path: string, memo: string, hash: string, day = today): void {
  const s = statSync(path, { bigint: true });
  const row = [path, Number(s.size), String(s.mtimeNs), String(s.ctimeNs), String(s.ino), hash, day];
  writeFileSync(memo, JSON.stringify({ format: 1, entries: [row] }));
}

const LIE = '0'.repeat(64);

function scene(): { folder: string; path: string; memo: string } {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'file'), 'content');
  return { folder, path: join(folder, 'file'), memo: join(folder, 'memo.json') };
}

async function hashOf(memo: StatMemo, path: string): Promise<string> {
  return unwrap(await memo.digestOf(path)).hash;
}

const TRUE = digestBytes(Buffer.from('content')).hash;

test('a file that is as it was is not read again', async () => {
  const { path, memo } = scene();
  remembered(path, memo, LIE);
  assert.is(await hashOf(await StatMemo.load(memo), path), LIE);
});

test('a file with another size, time or inode is read again', async () => {
  const changes: ((path: string) => void)[] = [
    (path) => appendFileSync(path, 'x'),
    (path) => writeFileSync(path, 'CONTENT'),
    (path) => utimesSync(path, 1, 1),
    (path) => {
      writeFileSync(`${path}.new`, 'content');
      renameSync(`${path}.new`, path);
    },
  ];
  for (const change of changes) {
    const { path, memo } = scene();
    remembered(path, memo, LIE);
    change(path);
    assert.is(await hashOf(await StatMemo.load(memo), path), digestBytes(readFileSync(path)).hash);
  }
});

test('a write that puts the old modification time back is noticed by the change time', async () => {
  const { path, memo } = scene();
  utimesSync(path, 1000, 1000);
  remembered(path, memo, LIE);
  writeFileSync(path, 'CONTENT');
  utimesSync(path, 1000, 1000);
  assert.is(await hashOf(await StatMemo.load(memo), path), digestBytes(Buffer.from('CONTENT')).hash);
});

test('a file that was just written is not remembered', async () => {
  const { path, memo } = scene();
  // Whole seconds: the time that must pass is then two of them, however slow this machine is.
  utimesSync(path, 1000, 1000);
  const first = await StatMemo.load(memo);
  await first.digestOf(path);
  unwrap(await first.save());
  assert.throws(() => statSync(memo), /ENOENT/);
});

test('a file that has been quiet is remembered and kept', async () => {
  const { folder, memo } = scene();
  // A file of the system's is old for sure.
  const old = process.execPath;
  const first = await StatMemo.load(memo);
  const hash = await hashOf(first, old);
  unwrap(await first.save());
  const { entries } = JSON.parse(readFileSync(memo, 'utf8')) as MemoFile;
  assert.is(entries.length, 1);
  assert.is(entries[0]?.[5], hash);
  assert.is(await hashOf(await StatMemo.load(memo), old), hash);
  assert.ok(folder);
});

test('a file that another one is put in the place of while it is read has no digest', async () => {
  const { folder, memo } = scene();
  const path = join(folder, 'big');
  for (const [name, bytes] of [
    ['big', 400_000_000],
    ['other', 400_000_001],
  ] as const) {
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), bytes);
  }
  const reading = (await StatMemo.load(memo)).digestOf(path);
  await new Promise((resolve) => setTimeout(resolve, 100));
  renameSync(join(folder, 'other'), path);
  assert.is(failureOf(await reading).kind, 'input-changed');
});

test('an entry that is wrong is forgotten when the file is read again and still young', async () => {
  const { path, memo } = scene();
  remembered(path, memo, LIE);
  appendFileSync(path, 'x');
  utimesSync(path, 1000, 1000);
  const first = await StatMemo.load(memo);
  await first.digestOf(path);
  unwrap(await first.save());
  assert.equal((JSON.parse(readFileSync(memo, 'utf8')) as MemoFile).entries, []);
});

test('a file has a stamp as long as it is as it was when it was hashed', async () => {
  const { path, memo } = scene();
  remembered(path, memo, LIE);
  const loaded = await StatMemo.load(memo);
  assert.equal(loaded.stampOf(path), stampOf(path));
  appendFileSync(path, 'x');
  assert.is(loaded.stampOf(path), undefined);
  assert.is(loaded.stampOf(`${path}.none`), undefined);
});

test('an idle build writes nothing', async () => {
  const { path, memo } = scene();
  remembered(path, memo, LIE);
  const before = statSync(memo, { bigint: true });
  const second = await StatMemo.load(memo);
  await second.digestOf(path);
  unwrap(await second.save());
  assert.is(statSync(memo, { bigint: true }).ino, before.ino);
});

test('an entry that was used is kept, one that was not for 30 days is dropped', async () => {
  const { folder, path, memo } = scene();
  remembered(path, memo, LIE, today - 20);
  const raw = JSON.parse(readFileSync(memo, 'utf8')) as MemoFile;
  raw.entries.push([join(folder, 'gone'), 1, '1', '1', '1', LIE, today - 31]);
  raw.entries.push([join(folder, 'recent'), 1, '1', '1', '1', LIE, today - 30]);
  writeFileSync(memo, JSON.stringify(raw));
  const first = await StatMemo.load(memo);
  await first.digestOf(path);
  unwrap(await first.save());
  const { entries } = JSON.parse(readFileSync(memo, 'utf8')) as MemoFile;
  assert.equal(
    entries.map(([name, , , , , , day]) => [name, day]),
    [
      [path, today],
      [join(folder, 'recent'), today - 30],
    ],
  );
});

test('it never holds more than 200000 entries, and keeps those used last', async () => {
  const { path, memo } = scene();
  remembered(path, memo, LIE, today - 1);
  const raw = JSON.parse(readFileSync(memo, 'utf8')) as MemoFile;
  for (let index = 0; index < 200_000; index++)
    raw.entries.push([`/gone/${index}`, 1, '1', '1', '1', LIE, today - 2]);
  writeFileSync(memo, JSON.stringify(raw));
  const first = await StatMemo.load(memo);
  await first.digestOf(path);
  unwrap(await first.save());
  const { entries } = JSON.parse(readFileSync(memo, 'utf8')) as MemoFile;
  assert.is(entries.length, 200_000);
  assert.is(entries[0]?.[0], path);
});

test('a damaged memo is an empty one', async () => {
  const { path, memo } = scene();
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"format":2,"entries":[]}',
    '{"format":1,"entries":[[1],null,"x"]}',
  ]) {
    writeFileSync(memo, text);
    assert.is(await hashOf(await StatMemo.load(memo), path), TRUE);
  }
});

test('many that ask for the same path at once share one reading', async () => {
  const { path, memo } = scene();
  const first = await StatMemo.load(memo);
  const asked = Array.from({ length: 50 }, () => first.digestOf(path));
  assert.is(new Set(asked).size, 1);
  assert.is(unwrap((await asked[0]) as Awaited<(typeof asked)[0]>).hash, TRUE);
  // The next one looks again: the file may be another by now.
  writeFileSync(path, 'new');
  assert.is(await hashOf(first, path), digestBytes(Buffer.from('new')).hash);
});

test('a thousand files at once do not exhaust what a process may open', async () => {
  const { folder, memo } = scene();
  const paths = Array.from({ length: 1000 }, (_, index) => join(folder, `f${index}`));
  for (const path of paths) writeFileSync(path, path);
  const first = await StatMemo.load(memo);
  const digests = await Promise.all(paths.map((path) => hashOf(first, path)));
  assert.equal(
    digests,
    paths.map((path) => digestBytes(Buffer.from(path)).hash),
  );
});

test('what is not a file that can be read is said in words', async () => {
  const { folder, memo, path } = scene();
  const first = await StatMemo.load(memo);
  mkdirSync(join(folder, 'sub'));
  symlinkSync('loop', join(folder, 'loop'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const cases = [
    ['absent', 'is not there'],
    ['file/below', 'is not there'],
    ['sub', 'should be a file and is a folder'],
    ['loop', 'is a symbolic link that leads in a circle'],
    ['pipe', 'should be a file and is a special file'],
  ] as const;
  for (const [name, words] of cases) {
    const failure = failureOf(await first.digestOf(join(folder, name)));
    assert.is(failure.kind, 'input-missing');
    assert.match(failure.message, words);
  }
  symlinkSync(path, join(folder, 'link'));
  assert.is(await hashOf(first, join(folder, 'link')), TRUE);
});

test.run();
