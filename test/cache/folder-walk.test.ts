import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filesBelow } from '../../cache/folder-walk.ts';
import { scratchFolder } from './scratch-folder.ts';
import { fill } from './store-scene.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('folder walk');

test('files come with paths from the folder, sorted by bytes, without empty folders', async () => {
  const folder = scratchFolder();
  fill(folder, { b: '', 'a/z': '', 'a/y/x': '', 'a.b': '', B: '' });
  mkdirSync(join(folder, 'empty'));
  assert.equal(unwrap(await filesBelow(folder)), ['B', 'a.b', 'a/y/x', 'a/z', 'b']);
});

test('what an artifact cannot hold is refused by its path and cause', async () => {
  const refused: [(folder: string) => void, string][] = [
    [(folder) => symlinkSync('/etc', join(folder, 'a/odd')), 'it is a symbolic link'],
    [(folder) => symlinkSync('nowhere', join(folder, 'a/odd')), 'it is a symbolic link'],
    [(folder) => execFileSync('mkfifo', [join(folder, 'a/odd')]), 'it is a device, a pipe or a socket'],
    [(folder) => writeFileSync(Buffer.from(`${folder}/a/odd\xff`, 'latin1'), ''), 'its name is not UTF-8'],
  ];
  for (const [make, cause] of refused) {
    const folder = scratchFolder();
    mkdirSync(join(folder, 'a'));
    make(folder);
    const failure = failureOf(await filesBelow(folder));
    assert.is(failure.kind, 'invalid-value');
    assert.match(failure.message, join(folder, 'a/odd'));
    assert.match(failure.message, cause);
  }
});

test('a folder that is not there is a storage-failed', async () => {
  assert.is(failureOf(await filesBelow(join(scratchFolder(), 'absent'))).kind, 'storage-failed');
});

test.run();
