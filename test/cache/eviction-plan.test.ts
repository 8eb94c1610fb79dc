import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EvictionRequest, planEviction } from '../../cache/eviction-plan.ts';
import type { StoredBlob, StoredResult, StoreInventory } from '../../cache/store-inventory.ts';

const test = suite('eviction plan');

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;
const daysAgo = (days: number): number => NOW - days * DAY;

const blob = (hash: string, changedMs = daysAgo(20)): StoredBlob => ({
  path: `cas/${hash}`,
  hash,
  diskBytes: 4096,
  changedMs,
});

const result = (fingerprint: string, usedMs: number, ...outputs: string[]): StoredResult => ({
  path: `ac/${fingerprint}`,
  diskBytes: 4096,
  changedMs: usedMs,
  fingerprint,
  usedMs,
  outputs,
  log: 'log',
});

const inventory = (part: Partial<StoreInventory>): StoreInventory => ({
  results: [],
  unreadable: [],
  blobs: [],
  damaged: [],
  ...part,
});

function gone(request: Partial<EvictionRequest> & Pick<EvictionRequest, 'inventory'>): string[] {
  const { results, blobs } = planEviction({
    untilBytes: Number.POSITIVE_INFINITY,
    nowMs: NOW,
    runningSinceMs: Number.POSITIVE_INFINITY,
    furtherUses: new Map(),
    ...request,
  });
  return [...results, ...blobs].map(({ path }) => path);
}

const THREE = inventory({
  results: [
    result('new', daysAgo(1), 'c', 'shared'),
    result('old', daysAgo(9), 'a', 'shared'),
    result('middle', daysAgo(5), 'b'),
  ],
  blobs: ['a', 'b', 'c', 'shared', 'log'].map((hash) => blob(hash)),
});

test('the least recently used result goes first, with the blobs that only it names', () => {
  assert.equal(gone({ inventory: THREE, untilBytes: 6 * 4096 }), ['ac/old', 'cas/a']);
  assert.equal(gone({ inventory: THREE, untilBytes: 5 * 4096 }), ['ac/old', 'ac/middle', 'cas/a', 'cas/b']);
});

test('a store that is small enough loses nothing', () => {
  assert.equal(gone({ inventory: THREE, untilBytes: 8 * 4096 }), []);
});

test('a blob that no result names goes before any result, once it is older than a day', () => {
  const held = inventory({ ...THREE, blobs: [...THREE.blobs, blob('lost'), blob('fresh', daysAgo(0.5))] });
  assert.equal(gone({ inventory: held }), ['cas/lost']);
});

test('a result that has lost an output goes, with what only it names', () => {
  const held = inventory({
    results: [result('broken', daysAgo(0), 'a', 'absent'), result('whole', daysAgo(9), 'b')],
    blobs: [blob('a'), blob('b'), blob('log')],
  });
  assert.equal(gone({ inventory: held }), ['ac/broken', 'cas/a']);
});

test('what was moved aside and what cannot be read goes after a day', () => {
  const file = (path: string, days: number) => ({ path, diskBytes: 4096, changedMs: daysAgo(days) });
  const held = inventory({
    unreadable: [file('ac/x', 2), file('ac/y', 0.1)],
    damaged: [file('damaged/x', 2), file('damaged/y', 0.1)],
  });
  assert.equal(gone({ inventory: held }), ['ac/x', 'damaged/x']);
});

test('nothing goes that was used since the oldest running build began', () => {
  const request = { inventory: THREE, untilBytes: 0 };
  assert.equal(gone({ ...request, runningSinceMs: daysAgo(6) }), ['ac/old', 'cas/a']);
  assert.equal(gone({ ...request, runningSinceMs: Number.NEGATIVE_INFINITY }), []);
  const remade = inventory({ ...THREE, blobs: THREE.blobs.map((b) => blob(b.hash, daysAgo(0.1))) });
  assert.equal(gone({ inventory: remade, untilBytes: 0, runningSinceMs: daysAgo(6) }), ['ac/old']);
});

test('what others use counts as used at that time, and so does a result all of whose outputs they use', () => {
  const request = { inventory: THREE, untilBytes: 6 * 4096 };
  const uses = (...hashes: string[]) => new Map(hashes.map((hash) => [hash, daysAgo(0)] as const));
  assert.equal(gone({ ...request, furtherUses: uses('a', 'shared') }), ['ac/middle', 'cas/b']);
  assert.equal(gone({ ...request, furtherUses: uses('old') }), ['ac/middle', 'cas/b']);
  const unnamed = inventory({ blobs: [blob('recorded'), blob('lost')] });
  assert.equal(gone({ inventory: unnamed, furtherUses: uses('recorded') }), ['cas/lost']);
});

test('a time that lies ahead does not keep a result for ever', () => {
  const held = inventory({
    results: [result('ahead', NOW + 900 * DAY, 'a')],
    blobs: [blob('a'), blob('log')],
  });
  assert.equal(gone({ inventory: held, untilBytes: 0 }), ['ac/ahead', 'cas/a', 'cas/log']);
});

test.run();
