import {
  atMost,
  BARE_NODE,
  type Bench,
  combine,
  figure,
  type Goal,
  OURS,
  type Prepared,
  type Row,
} from './bench-row.ts';
import type { Contestant, Line } from './taking-turns.ts';
import { takeTurns } from './taking-turns.ts';
import { chain, fanOut, type Work } from './work-shape.ts';

type Shape = 'chain' | 'fan-out';
const SHAPES: readonly Shape[] = ['chain', 'fan-out'];
const makeWork = (shape: Shape, count: number): Work => (shape === 'chain' ? chain(count) : fanOut(count));
const workName = (shape: Shape, count: number): string => `${shape}-${count}`;

/** The contestants of a row whose work is built already, and lines for those that could not build it. */
async function builtContestants(
  bench: Bench,
  shape: Shape,
  count: number,
  toContestants: (prepared: Prepared & { readonly ready: true }) => readonly Contestant[],
): Promise<{ readonly contestants: readonly Contestant[]; readonly absent: readonly Line[] }> {
  const work = makeWork(shape, count);
  const contestants: Contestant[] = [];
  const absent: Line[] = [];
  for (const subject of bench.subjectsFor(count)) {
    const prepared = await bench.builtSite(subject, work, workName(shape, count));
    if (prepared.ready) contestants.push(...toContestants(prepared));
    else absent.push({ name: subject.name, runs: [], note: prepared.why });
  }
  return { contestants, absent };
}

function noopRow(shape: Shape, count: number, goals: (lines: readonly Line[]) => readonly Goal[]): Row {
  return {
    id: `noop-${count}-${shape}`,
    title: `no-op over ${count} up-to-date actions, ${shape}`,
    measure: async (bench) => {
      const { contestants, absent } = await builtContestants(bench, shape, count, ({ site }) => [
        { name: site.subject.name, run: () => bench.run(site) },
      ]);
      const lines = await takeTurns([bench.bareNode(), ...contestants], bench.settings.turns);
      return { lines: [...lines, ...absent], goals: goals(lines), remarks: [] };
    },
  };
}

const noopGoal = (lines: readonly Line[]): readonly Goal[] => [
  atMost(
    'CPU ≤ 1.6 × node -e 0',
    combine(figure(lines, OURS, 'cpu'), figure(lines, BARE_NODE, 'cpu'), (ours, node) => ours / node),
    1.6,
    '× node',
  ),
];

function leafRow(shape: Shape, count: number): Row {
  return {
    id: `leaf-${count}-${shape}`,
    title: `one leaf of ${count} changed, ${shape}`,
    measure: async (bench) => {
      const { contestants, absent } = await builtContestants(bench, shape, count, ({ site }) => [
        { name: `${site.subject.name}, no-op`, run: () => bench.run(site) },
        {
          name: site.subject.name,
          before: () => site.editLeaf(),
          run: () => bench.run(site),
          problem: () => (site.leafIsBuilt ? undefined : 'the output is not the new one'),
        },
      ]);
      const lines = await takeTurns([bench.bareNode(), ...contestants], bench.settings.turns);
      const over = combine(
        figure(lines, OURS, 'wall'),
        figure(lines, `${OURS}, no-op`, 'wall'),
        (leaf, noop) => (leaf - noop) * 1000,
      );
      return {
        lines: [...lines, ...absent],
        goals: [atMost('wall ≤ no-op + 100 ms', over, 100, 'ms over no-op')],
        remarks: [],
      };
    },
  };
}

function fullRow(shape: Shape, count: number): Row {
  return {
    id: `full-${count}-${shape}`,
    title: `full build of ${count} trivial tasks, ${shape}`,
    measure: async (bench) => {
      const work = makeWork(shape, count);
      const contestants = bench.subjectsFor(count).map((subject): Contestant => {
        const site = bench.newSite(subject, work, `full-${shape}-${count}`);
        site.lay();
        return {
          name: subject.name,
          before: () => site.clean(),
          run: () => bench.run(site),
          problem: () => (site.leafIsBuilt ? undefined : 'the output is not there'),
        };
      });
      const lines = await takeTurns([bench.bareNode(), ...contestants], bench.settings.turns);
      const ratio = combine(
        figure(lines, OURS, 'wall'),
        figure(lines, 'go-task', 'wall'),
        (ours, goTask) => ours / goTask,
      );
      return { lines, goals: [atMost('wall ≤ go-task', ratio, 1, '× go-task')], remarks: [] };
    },
  };
}

export const SMALL_ROWS: readonly Row[] = [
  ...SHAPES.map((shape) => noopRow(shape, 1000, noopGoal)),
  ...SHAPES.map((shape) => leafRow(shape, 1000)),
  ...SHAPES.map((shape) => fullRow(shape, 100)),
  noopRow('chain', 100, () => []),
];

export { makeWork, SHAPES, type Shape, workName };
