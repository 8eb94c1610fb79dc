import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Gate } from '../../cache/gate.ts';

const test = suite('gate');

test('never more than its places run, and all of them do, in order', async () => {
  const gate = new Gate(3);
  let running = 0;
  let most = 0;
  const began: number[] = [];
  const work = Array.from({ length: 20 }, (_, index) =>
    gate.run(async () => {
      began.push(index);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return index;
    }),
  );
  const order = Array.from({ length: 20 }, (_, index) => index);
  assert.equal(await Promise.all(work), order);
  assert.equal(began, order);
  assert.is(most, 3);
});

test('work that fails gives its place back', async () => {
  const gate = new Gate(1);
  const failing = gate.run(async () => {
    throw new Error('no');
  });
  const next = gate.run(async () => 'yes');
  await failing.then(assert.unreachable, (error: Error) => assert.is(error.message, 'no'));
  assert.is(await next, 'yes');
  assert.is(await gate.run(async () => 'again'), 'again');
});

test.run();
