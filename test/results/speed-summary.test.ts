import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isThrottled, summarise } from '../../results/speed-summary.ts';

const test = suite('speed summary');

const speed = (tokens_per_second: readonly number[]) =>
  ({ test: 'tg32', prompt_tokens: 0, generated_tokens: 32, tokens_per_second }) as const;

test('repetitions become a median, what nine of ten reach, a spread, the first and the later half', () => {
  const found = summarise(speed([60, 50, 52, 48, 50, 46]));
  assert.is(found.median, 50);
  assert.is(found.first, 60);
  assert.is(found.sustained, 48);
  assert.is(found.p90, 47);
  assert.ok(found.spread > 0.05 && found.spread < 0.1);
});

test('one repetition is all of them', () => {
  assert.equal(summarise(speed([50])), {
    repetitions: 1,
    median: 50,
    p90: 50,
    spread: 0,
    first: 50,
    sustained: 50,
  });
});

test('a device that became slower by a fifth was throttled', () => {
  assert.is(isThrottled(speed([50, 49, 41, 40, 40, 39])), true);
  assert.is(isThrottled(speed([50, 49, 50, 48, 49, 50])), false);
  assert.is(isThrottled(speed([50, 30])), false);
});

test.run();
