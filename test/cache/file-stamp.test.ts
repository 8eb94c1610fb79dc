import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isSettled, isStamped, settledStamp, stampOf } from '../../cache/file-stamp.ts';
import { scratchFolder } from './scratch-folder.ts';

function stamped(): { path: string; stamp: NonNullable<ReturnType<typeof stampOf>> } {
  const path = join(scratchFolder(), 'file');
  writeFileSync(path, 'content');
  const stamp = stampOf(path);
  if (stamp === undefined) throw new Error('a file that is there has a stamp');
  return { path, stamp };
}

test('a file that was left alone has the same stamp', () => {
  const { path, stamp } = stamped();
  assert.ok(isStamped(path, stamp));
});

test('another size, time, or inode, or nothing at all, is another stamp', () => {
  const changes: ((path: string) => void)[] = [
    (path) => appendFileSync(path, 'x'),
    (path) => utimesSync(path, 1, 1),
    (path) => {
      writeFileSync(`${path}.new`, 'content');
      renameSync(`${path}.new`, path);
    },
    (path) => rmSync(path),
  ];
  for (const change of changes) {
    const { path, stamp } = stamped();
    change(path);
    assert.not.ok(isStamped(path, stamp), String(change));
  }
});

test('a folder’s stamp tells of a file that came into it', () => {
  const folder = join(scratchFolder(), 'folder');
  mkdirSync(folder);
  utimesSync(folder, 1, 1);
  const stamp = stampOf(folder);
  writeFileSync(join(folder, 'new'), '');
  assert.ok(stamp !== undefined && !isStamped(folder, stamp));
});

test('there is no stamp of what is not there, also below a file', () => {
  const { path } = stamped();
  assert.is(stampOf(`${path}.none`), undefined);
  assert.is(stampOf(join(path, 'below')), undefined);
});

test('a stamp is settled only when the clock has ticked since the last write', () => {
  const { path } = stamped();
  assert.is(settledStamp(path, Date.now()), undefined);
  assert.ok(settledStamp(path, Date.now() + 10_000) !== undefined);
});

test('a change time in the future is never settled, a modification time far in the future is', () => {
  const path = join(scratchFolder(), 'file');
  const now = Date.now();
  const day = 24 * 60 * 60 * 1000;
  assert.not.ok(isSettled(path, { dev: -1, mtimeMs: now - day, ctimeMs: now + day }, now));
  assert.ok(isSettled(path, { dev: -1, mtimeMs: now + day, ctimeMs: now - day }, now));
});

test('a file system that is not this machine’s, or keeps whole seconds, is given two seconds', () => {
  const path = join(scratchFolder(), 'file');
  writeFileSync(path, '');
  const now = 1_700_000_010_000;
  const seconds = (before: number): { dev: number; mtimeMs: number; ctimeMs: number } => {
    return { dev: -2, mtimeMs: now - before, ctimeMs: now - before };
  };
  assert.not.ok(isSettled(path, seconds(1000), now));
  assert.ok(isSettled(path, seconds(3000), now));
});

test.run();
