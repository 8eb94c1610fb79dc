import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limitBytes, limitSetting, parseLimit } from '../../cache/cache-limit.ts';
import { failureOf, unwrap } from './unwrap.ts';

const test = suite('cache limit');

test('a limit is bytes, a size with a unit, or none', () => {
  const cases = [
    ['20000000000', 20e9],
    ['20GB', 20e9],
    ['1.5 TiB', 1.5 * 2 ** 40],
    ['0', 0],
    ['none', Number.POSITIVE_INFINITY],
  ] as const;
  for (const [text, bytes] of cases) assert.is(unwrap(parseLimit(text, 'x')), bytes, text);
});

test('what is no size is refused with where it stands and what would be', () => {
  for (const text of ['20 apples', '-1', 'GB', '1e9', '']) {
    const failure = failureOf(parseLimit(text, '--limit'));
    assert.is(failure.kind, 'invalid-value');
    assert.match(failure.message, `--limit: \`${text}\` is not a size`);
    assert.match(failure.hint ?? '', '20GB');
  }
});

test('the variable sets it, unset or empty leaves the default', () => {
  assert.is(unwrap(limitSetting({ RWKV_BUILD_CACHE_LIMIT: '3GB' })), 3e9);
  assert.is(unwrap(limitSetting({ RWKV_BUILD_CACHE_LIMIT: '' })), 'default');
  assert.is(unwrap(limitSetting({})), 'default');
  assert.match(failureOf(limitSetting({ RWKV_BUILD_CACHE_LIMIT: 'much' })).message, 'RWKV_BUILD_CACHE_LIMIT');
});

test('the default is a fifth of the disk and at least 10 GB', () => {
  assert.is(limitBytes('default', { total: 500e9, free: 400e9 }, 0), 100e9);
  assert.is(limitBytes('default', { total: 30e9, free: 25e9 }, 0), 10e9);
});

test('the default gives way when others fill the disk, down to 1 GB', () => {
  assert.is(limitBytes('default', { total: 500e9, free: 15e9 }, 60e9), 65e9);
  assert.is(limitBytes('default', { total: 500e9, free: 2e9 }, 3e9), 1e9);
});

test('a limit that was asked for is taken as it is', () => {
  assert.is(limitBytes(5, { total: 500e9, free: 0 }, 60e9), 5);
});

test.run();
