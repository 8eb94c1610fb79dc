import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheRoot } from '../../cache/cache-root.ts';

const test = suite('cache root');

test('RWKV_BUILD_CACHE comes first', () => {
  assert.is(cacheRoot({ RWKV_BUILD_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }), '/a');
});

test('a relative RWKV_BUILD_CACHE is relative to the working folder', () => {
  assert.is(cacheRoot({ RWKV_BUILD_CACHE: 'store' }), resolve('store'));
});

test('then comes the XDG cache folder, unless it is relative', () => {
  assert.is(cacheRoot({ XDG_CACHE_HOME: '/b', HOME: '/c' }), '/b/rwkv-build');
  assert.is(cacheRoot({ XDG_CACHE_HOME: 'b', HOME: '/c' }), '/c/.cache/rwkv-build');
});

test('then the home folder, and empty variables count as unset', () => {
  assert.is(cacheRoot({ RWKV_BUILD_CACHE: '', XDG_CACHE_HOME: '', HOME: '/c' }), '/c/.cache/rwkv-build');
  assert.is(cacheRoot({}), `${homedir()}/.cache/rwkv-build`);
});

test.run();
