import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cellName, parameterMatrix } from '../../engine/parameter-matrix.ts';
import { failureOf, unwrap } from '../cache/unwrap.ts';
import { complaints, load } from './sample-kinds.ts';

const test = suite('parameter matrix');

const withMatrix = (matrix: string): string => `version: 1
params: { soc: a, chunks: 1 }
matrices: { nightly: ${matrix} }
tasks: { one: { run: echo } }
`;

const cells = (matrix: string): readonly string[] =>
  unwrap(parameterMatrix(unwrap(load(withMatrix(matrix))), 'nightly')).map(cellName);

test('each combination of values is a cell', () => {
  assert.equal(cells('{ soc: [a, b], chunks: [1, 2] }'), ['a/1', 'a/2', 'b/1', 'b/2']);
});

test('a cell is left out when it has all the values of something excluded', () => {
  assert.equal(cells('{ soc: [a, b], chunks: [1, 2], exclude: [{ soc: a, chunks: 2 }] }'), [
    'a/1',
    'b/1',
    'b/2',
  ]);
  assert.equal(cells('{ soc: [a, b], chunks: [1, 2], exclude: [{ soc: b }] }'), ['a/1', 'a/2']);
});

test('cells can be added, and alone they are a matrix', () => {
  assert.equal(cells('{ soc: [a], include: [{ soc: c, chunks: 4 }] }'), ['a', 'c/4']);
  assert.equal(cells('{ include: [{ soc: a }, { soc: a }, { soc: b }] }'), ['a', 'b']);
});

test('a matrix that is not there is named with the nearest', () => {
  const pipeline = unwrap(load(withMatrix('{ soc: [a] }')));
  const failure = failureOf(parameterMatrix(pipeline, 'nigthly'));
  assert.is(failure.kind, 'unknown-name');
  assert.match(failure.hint ?? '', '`nightly`');
});

test('an axis that is no parameter is named with the nearest, and its place', () => {
  const failure = failureOf(parameterMatrix(unwrap(load(withMatrix('{ chunk: [1] }'))), 'nightly'));
  assert.match(failure.message, 'is over `chunk`');
  assert.match(failure.hint ?? '', '`chunks`');
  assert.is(failure.location?.line, 3);
});

test('a matrix of nothing is refused', () => {
  const matrix = withMatrix('{ soc: [a], exclude: [{ soc: a }] }');
  assert.match(failureOf(parameterMatrix(unwrap(load(matrix)), 'nightly')).message, 'has no cells');
});

test('values that are no names or numbers are refused by the schema', () => {
  assert.match(complaints(withMatrix('{ soc: [[a]] }')).join('\n'), 'expected a string, a number');
});

test.run();
