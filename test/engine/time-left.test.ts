import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action, ActionGraph } from '../../engine/action-graph.ts';
import { TimeLeft } from '../../engine/time-left.ts';

const test = suite('the time that is left');

/** Only what the estimate looks at. */
function graph(dependencies: Readonly<Record<string, readonly string[]>>): ActionGraph {
  const actions = Object.entries(dependencies).map(([id, before]) => [
    id,
    { id, dependencies: before } as unknown as Action,
  ]);
  return { actions: new Map(actions as [string, Action][]), requested: new Set() };
}

const TEN = (): number => 10;

test('is the work that is left, shared by the cores', () => {
  const left = new TimeLeft(graph({ a: [], b: [], c: [], d: [] }), TEN, 2);
  assert.equal(left.remaining(0), { seconds: 20, atLeast: false });
  left.start('a', 0);
  assert.is(left.remaining(4000).seconds, 18);
  left.finish('a');
  assert.is(left.remaining(10_000).seconds, 15);
});

test('is never less than the longest chain', () => {
  const left = new TimeLeft(graph({ a: [], b: ['a'], c: ['b'] }), TEN, 8);
  assert.is(left.remaining(0).seconds, 30);
  left.start('a', 0);
  assert.is(left.remaining(6000).seconds, 24);
  assert.is(left.remaining(60_000).seconds, 20, 'an action that takes longer than ever has nothing left');
});

test('says when some of what is left never ran here', () => {
  const left = new TimeLeft(graph({ a: [], b: [] }), (id) => (id === 'a' ? 10 : undefined), 1);
  assert.equal(left.remaining(0), { seconds: 10, atLeast: true });
  left.finish('b');
  assert.equal(left.remaining(0), { seconds: 10, atLeast: false });
});

test.run();
