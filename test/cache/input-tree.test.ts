import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes, EMPTY_DIGEST } from '../../cache/digest.ts';
import { inputTree, type TreeFile } from '../../cache/input-tree.ts';
import { encodeDirectory } from '../../cache/reapi-encoding.ts';

const test = suite('input tree');

function file(path: string, content = path): TreeFile {
  return { path, digest: digestBytes(Buffer.from(content)), executable: false };
}

test('no files are the empty directory', () => {
  const tree = inputTree([]);
  assert.equal(tree.root, EMPTY_DIGEST);
  assert.equal([...tree.directories.keys()], [EMPTY_DIGEST.hash]);
});

test('a tree is the digests of its folders, put together by hand', () => {
  const [a, b] = [file('sub/a'), file('b')];
  const sub = encodeDirectory({
    files: [{ name: 'a', digest: a.digest, executable: false }],
    directories: [],
  });
  const root = encodeDirectory({
    files: [{ name: 'b', digest: b.digest, executable: false }],
    directories: [{ name: 'sub', digest: digestBytes(sub) }],
  });
  const tree = inputTree([a, b]);
  assert.equal(tree.root, digestBytes(root));
  assert.is(tree.directories.size, 2);
  assert.equal(Buffer.from(tree.directories.get(digestBytes(sub).hash) ?? ''), Buffer.from(sub));
});

test('the order of the files does not matter, their content, name and executable bit do', () => {
  const files = [file('x/y/1'), file('x/2'), file('x.y/3'), file('4')];
  const { root } = inputTree(files);
  assert.equal(inputTree([...files].reverse()).root, root);
  const others = [
    [...files.slice(1), file('x/y/1', 'other')],
    [...files.slice(1), file('x/y/one', 'x/y/1')],
    [...files.slice(1), { ...file('x/y/1'), executable: true }],
    files.slice(1),
  ];
  for (const other of others) assert.is.not(inputTree(other).root.hash, root.hash);
});

test('equal folders are one directory', () => {
  const tree = inputTree([file('a/f', '1'), file('b/f', '1'), file('c/f', '1')]);
  assert.is(tree.directories.size, 2);
});

test('a path that is a file and a folder is a bug, whichever comes first', () => {
  assert.throws(() => inputTree([file('a'), file('a/b')]), /both a file and a folder/);
  assert.throws(() => inputTree([file('a/b'), file('a')]), /both a file and a folder/);
  assert.throws(() => inputTree([file('a'), file('a')]), /twice/);
});

test('a path that leaves the tree is a bug', () => {
  for (const path of ['', '/a', 'a/', 'a//b', '.', '../a', 'a/../b', './a']) {
    assert.throws(() => inputTree([file(path)]), /not a relative path/);
  }
});

test('names such as __proto__ are names', () => {
  const tree = inputTree([file('__proto__/constructor'), file('toString')]);
  assert.is(tree.directories.size, 2);
});

test.run();
