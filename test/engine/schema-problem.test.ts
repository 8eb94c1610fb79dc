import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { complaints } from './sample-kinds.ts';

const test = suite('schema problem');

/** What is wrong with the value of one key of an `export-onnx` task. */
function ofParameter(written: string): string[] {
  const text = `version: 1\ntasks: { t: { uses: export-onnx, with: { weights: w, ${written} } } }\n`;
  return complaints(text).map((complaint) => complaint.replace(/^\d+:\d+ /, ''));
}

test('an unknown key has its nearest, or all there are', () => {
  assert.equal(complaints('version: 1\ntask: {}\ntasks: { t: { run: x } }\n'), [
    '2:1 unknown key `task`; did you mean `tasks`?',
  ]);
  assert.equal(ofParameter('chunk: 1'), ['unknown key `chunk` in `tasks.t.with`; did you mean `chunks`?']);
  assert.equal(ofParameter('xyz: 1'), ['unknown key `xyz` in `tasks.t.with`']);
});

test('a wrong type is said with what was found', () => {
  assert.equal(ofParameter('lengths: abc'), ['expected a list, found a string']);
  assert.equal(ofParameter('lengths: { a: 1 }'), ['expected a list, found a map']);
  assert.equal(ofParameter('lengths: 7'), ['expected a list, found `7`']);
  assert.equal(ofParameter('chunks: ~'), ['expected a whole number, found nothing']);
  assert.equal(ofParameter('chunks: 1.5'), ['expected a whole number, found `1.5`']);
  assert.equal(ofParameter('chunks: [1]'), ['expected a whole number, found a list']);
});

test('limits are said in words', () => {
  assert.equal(ofParameter('chunks: 0'), ['expected at least 1, found `0`']);
  assert.equal(ofParameter('chunks: 9'), ['expected at most 8, found `9`']);
  assert.equal(ofParameter('lengths: []'), ['`tasks.t.with.lengths` must not be empty']);
});

test('an unknown value has its nearest, or all there are', () => {
  assert.equal(ofParameter('precision: fp61'), ['unknown value `fp61`; did you mean `fp16`?']);
  assert.equal(ofParameter('precision: int4'), ['unknown value `int4`']);
  assert.equal(ofParameter('precision: [fp16]'), ['expected one of `fp16`, `w8a16`, found a list']);
});

test('an unknown kind is called that', () => {
  assert.equal(complaints('version: 1\ntasks: { t: { uses: export-onx } }\n'), [
    '2:21 unknown kind `export-onx`; did you mean `export-onnx`?',
  ]);
});

test('of several ways to write a value, the nearest one says what is wrong', () => {
  assert.equal(ofParameter('where: 3'), ['expected a string or a map, found `3`']);
  assert.equal(ofParameter('where: {}'), ['the key `x` is missing in `tasks.t.with.where`']);
  assert.equal(ofParameter('lengths: [1, 0, x]'), [
    'expected at least 1, found `0`',
    'expected a whole number, found a string',
  ]);
});

test('a missing key is shown at what lacks it', () => {
  assert.equal(complaints('version: 1\ntasks:\n  t:\n    uses: export-onnx\n'), [
    '3:3 the key `with` is missing in `tasks.t`',
  ]);
  assert.equal(complaints('version: 1\ntasks:\n  t:\n    uses: export-onnx\n    with: {}\n'), [
    '5:5 the key `weights` is missing in `tasks.t.with`',
  ]);
});

test('a name that cannot be one is shown at the name', () => {
  assert.equal(
    complaints('version: 1\ntasks:\n  a b: { run: x }\n  ../c: { run: x }\n  __proto__: { run: x }\n'),
    [
      '3:3 `a b` cannot be a name here',
      '4:3 `../c` cannot be a name here',
      '5:3 `__proto__` cannot be a name here',
    ],
  );
});

test('each thing that is wrong is said once, in the order of the file', () => {
  const text = `version: 1
tasks:
  t:
    uses: export-onnx
    neds: x
    with:
      weights: 3
      chunks: x
      precision: y
  u: 7
`;
  assert.equal(complaints(text), [
    '5:5 unknown key `neds` in `tasks.t`; did you mean `needs`?',
    '7:16 expected a string, found `3`',
    '8:15 expected a whole number, found a string',
    '9:18 unknown value `y`',
    '10:6 expected a map, found `7`',
  ]);
});

test.run();
