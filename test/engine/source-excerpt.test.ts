import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { excerpt } from '../../engine/source-excerpt.ts';

const test = suite('source excerpt');
const base = { file: 'p.yaml', line: 7 };

test('the place, the line, and a mark below what is meant', () => {
  const shown = excerpt({ ...base, column: 3, length: 4, excerpt: '  taks: 1' });
  assert.is(shown, 'p.yaml:7:3\n  taks: 1\n  ~~~~');
});

test('one character has a caret', () => {
  assert.is(excerpt({ ...base, column: 4, length: 1, excerpt: 'a: 3' }), 'p.yaml:7:4\na: 3\n   ^');
});

test('tabs stay tabs, so that the mark stands where its text does', () => {
  assert.is(excerpt({ ...base, column: 3, length: 2, excerpt: '\tabc' }).split('\n')[2], '\t ~~');
});

test('characters of two columns get a mark of two columns', () => {
  assert.is(excerpt({ ...base, column: 3, length: 1, excerpt: '模型x' }).split('\n')[2], '\u3000\u3000^');
});

test('a long line is cut to what surrounds the place', () => {
  const shown = excerpt({
    ...base,
    column: 501,
    length: 3,
    excerpt: `${'a'.repeat(500)}xyz${'b'.repeat(500)}`,
  });
  const [, line = '', mark = ''] = shown.split('\n');
  assert.ok(line.length <= 110);
  assert.is(line.slice(mark.indexOf('~'), mark.length), 'xyz');
});

test('a place past the end of the line, or in an empty one, has its mark there', () => {
  assert.is(excerpt({ ...base, column: 9, length: 5, excerpt: 'abc' }), 'p.yaml:7:9\nabc\n   ^');
  assert.is(excerpt({ ...base, column: 1, length: 1, excerpt: '' }), 'p.yaml:7:1\n\n^');
});

test.run();
