import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Action, ActionGraph } from '../../engine/action-graph.ts';
import { estimateTime, type Machine } from '../../engine/time-estimate.ts';

const test = suite('the estimate of a build’s time');

function graphOf(
  dependencies: Readonly<Record<string, readonly string[]>>,
  exclusive: Readonly<Record<string, string>> = {},
): ActionGraph {
  const location = { file: 'f', line: 1, column: 1, length: 1, excerpt: '' };
  const actions = Object.entries(dependencies).map(([id, before]): [string, Action] => {
    const resource = exclusive[id];
    const spec = {
      name: '',
      command: [],
      environment: {},
      inputs: [],
      outputs: [],
      tools: [],
      properties: {},
      ...(resource === undefined ? {} : { exclusive: resource }),
    };
    return [id, { id, task: id, spec, dependencies: before, location }];
  });
  return { actions: new Map(actions), requested: new Set() };
}

const SECONDS: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3, d: 4, e: 1 };
const seconds = (id: string): number => SECONDS[id] ?? 0;
const DIAMOND = graphOf({ a: [], b: ['a'], c: ['a'], d: ['a'], e: ['b', 'c', 'd'] });
const ALL = new Set(['a', 'b', 'c', 'd', 'e']);

/** A machine with memory for anything. */
const machine = (jobs: number): Machine => ({
  jobs,
  memoryBytes: Number.POSITIVE_INFINITY,
  memoryOf: () => 0,
});

test('is the sum with one job, the critical path with enough, and between with few', () => {
  const of = (jobs: number): number =>
    estimateTime({ graph: DIAMOND, runs: ALL, seconds, machine: machine(jobs) }).seconds;
  assert.is(of(1), 11);
  assert.is(of(8), 6);
  // d (4) beside c (3) and b (2): five seconds between a and e, where a sum over two would say 4.5.
  assert.is(of(2), 7);
});

test('names the chain that it cannot be shorter than', () => {
  const { criticalPath, criticalSeconds } = estimateTime({
    graph: DIAMOND,
    runs: ALL,
    seconds,
    machine: machine(1),
  });
  assert.equal(criticalPath, ['a', 'd', 'e']);
  assert.is(criticalSeconds, 6);
});

test('counts nothing for what is reused', () => {
  const runs = new Set(['c', 'e']);
  assert.is(estimateTime({ graph: DIAMOND, runs, seconds, machine: machine(2) }).seconds, 4);
});

test('runs nothing together that uses the same exclusive resource', () => {
  const graph = graphOf({ b: [], c: [], d: [] }, { b: 'phone', c: 'phone' });
  assert.is(estimateTime({ graph, runs: ALL, seconds, machine: machine(8) }).seconds, 5);
});

test('runs one after the other what does not fit into the memory together', () => {
  const graph = graphOf({ b: [], c: [], d: [] });
  const of = (memoryBytes: number): number =>
    estimateTime({ graph, runs: ALL, seconds, machine: { jobs: 8, memoryBytes, memoryOf: () => 4e9 } })
      .seconds;
  assert.is(of(12e9), 4);
  // d (4) beside c (3), then b (2) beside the end of d.
  assert.is(of(8e9), 5);
  assert.is(of(7e9), 9);
  // What needs more than there is runs alone.
  assert.is(of(3e9), 9);
});

test('copes with a chain of 20,000', () => {
  const chain: Record<string, string[]> = {};
  for (let index = 0; index < 20_000; index += 1) chain[`n${index}`] = index === 0 ? [] : [`n${index - 1}`];
  const graph = graphOf(chain);
  const runs = new Set(Object.keys(chain));
  assert.is(estimateTime({ graph, runs, seconds: () => 1, machine: machine(2) }).seconds, 20_000);
  assert.is(
    estimateTime({ graph, runs: new Set(['n19999']), seconds: () => 1, machine: machine(2) }).seconds,
    1,
  );
});

test.run();
