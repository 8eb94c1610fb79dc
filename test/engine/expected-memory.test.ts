import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes } from '../../cache/digest.ts';
import { expectedMemory } from '../../engine/expected-memory.ts';

const test = suite('the memory of a command that never ran here');

const files = [10, 32].map((size) => ({ digest: digestBytes(Buffer.alloc(size)) }));

test('goes by the size of its inputs, where its kind says how', () => {
  assert.is(expectedMemory({ memoryPerInputByte: 5 }, files), 210);
});

test('is unknown where it does not', () => {
  assert.is(expectedMemory({}, files), 0);
});

test.run();
