import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nearestName } from '../../engine/nearest-name.ts';

const test = suite('nearest name');
const known = ['export-onnx', 'context-cache', 'benchmark', 'build-runtime', 'soc', 'chunks'];

test('a slip of the fingers finds the name', () => {
  assert.is(nearestName('context-cach', known), 'context-cache');
  assert.is(nearestName('exprot-onnx', known), 'export-onnx');
  assert.is(nearestName('chunk', known), 'chunks');
  assert.is(nearestName('sco', known), 'soc');
});

test('case does not matter', () => {
  assert.is(nearestName('Benchmark', known), 'benchmark');
  assert.is(nearestName('SOC', known), 'soc');
});

test('a beginning finds the whole name, however much is missing', () => {
  assert.is(nearestName('bench', known), 'benchmark');
  assert.is(nearestName('benchmarks-of-mine', known), 'benchmark');
});

test('the nearer of two wins, and the one with nothing wrong first of all', () => {
  assert.is(nearestName('soc1', ['soc', 'soc2', 'soc1']), 'soc1');
  assert.is(nearestName('precisions', ['decision', 'precision']), 'precision');
});

test('what is too far is not guessed', () => {
  assert.is(nearestName('xyz', known), undefined);
  assert.is(nearestName('quantise', known), undefined);
  assert.is(nearestName('b', known), undefined);
  assert.is(nearestName('', known), undefined);
  assert.is(nearestName('soc', []), undefined);
});

test.run();
