import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PathIndex } from '../../engine/path-index.ts';

function indexOf(...paths: readonly string[]): PathIndex<string> {
  const index = new PathIndex<string>();
  for (const path of paths) index.add(path, path);
  return index;
}

test('a path finds what stands at it, below it, and the folder in which it lies', () => {
  const index = indexOf('gen/b.txt', 'gen/deep/a.txt', 'gen', 'other.txt');
  assert.equal(index.coveredBy('gen/b.txt'), ['gen/b.txt', 'gen']);
  assert.equal(index.coveredBy('gen'), ['gen/b.txt', 'gen/deep/a.txt', 'gen']);
  assert.equal(index.coveredBy('gen/deep'), ['gen/deep/a.txt', 'gen']);
  assert.equal(index.coveredBy('other.txt'), ['other.txt']);
});

test('a name that only begins like another is not taken for it', () => {
  assert.equal(indexOf('gen/a', 'genuine/a').coveredBy('gen'), ['gen/a']);
  assert.equal(indexOf('gen').coveredBy('genuine/a'), []);
});

test('what is added twice at one path is found twice, in order', () => {
  const index = new PathIndex<number>();
  index.add('a', 1);
  index.add('a', 2);
  assert.equal(index.coveredBy('a'), [1, 2]);
});

test.run();
