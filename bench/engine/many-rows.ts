import { atMost, BARE_NODE, type Bench, combine, figure, OURS, type Row } from './bench-row.ts';
import { makeWork, SHAPES, type Shape, workName } from './small-rows.ts';
import { type Contestant, type Line, takeTurns } from './taking-turns.ts';

const FEW = 5000;
const MANY = 20_000;
const MEGABYTE = 1e6;
/** Four times the work may take so much more than four times the time; measuring is no better here. */
const LINEAR = 1.15;

/** A no-op over very many actions, beside one over a quarter of them to show how time grows. */
function manyRow(shape: Shape): Row {
  return {
    id: `noop-${MANY}-${shape}`,
    title: `no-op over ${MANY} up-to-date actions, ${shape}, and over ${FEW}; time and memory`,
    measure: async (bench) => {
      const contestants: Contestant[] = [bench.bareNode()];
      const others: Line[] = [];
      for (const count of [FEW, MANY]) await enter(bench, shape, count, contestants, others);
      const lines = await takeTurns(contestants, bench.settings.turns);
      const all = [...lines, ...others];
      const beyondNode = (name: string): number | undefined =>
        combine(figure(all, name, 'cpu'), figure(all, BARE_NODE, 'cpu'), (ours, node) => ours - node);
      const growth = combine(beyondNode(ours(MANY)), beyondNode(ours(FEW)), (many, few) => many / few);
      const memory = (name: string): number | undefined => megabytes(figure(all, name, 'memory'));
      return {
        lines: all,
        goals: [
          atMost('CPU ≤ 3 s', figure(all, ours(MANY), 'cpu'), 3, 's'),
          atMost(`linear: CPU beyond node's ≤ ${4 * LINEAR} × that of ${FEW}`, growth, 4 * LINEAR, '×'),
          atMost('memory ≤ 400 MB, no-op', memory(ours(MANY)), 400, 'MB'),
          atMost('memory ≤ 400 MB, first build', memory(firstBuild(OURS, MANY)), 400, 'MB'),
        ],
        remarks: [],
      };
    },
  };
}

const ours = (count: number): string => label(OURS, count);
const label = (subject: string, count: number): string => `${subject}, ${count}`;
const firstBuild = (subject: string, count: number): string => `${label(subject, count)}, first build`;
const megabytes = (bytes: number | undefined): number | undefined =>
  bytes === undefined ? undefined : bytes / MEGABYTE;

/** Adds what takes turns to `contestants`, and to `lines` what is known already. */
async function enter(
  bench: Bench,
  shape: Shape,
  count: number,
  contestants: Contestant[],
  lines: Line[],
): Promise<void> {
  const work = makeWork(shape, count);
  for (const subject of bench.subjectsFor(count)) {
    const prepared = await bench.builtSite(subject, work, workName(shape, count));
    const name = label(subject.name, count);
    if (!prepared.ready) {
      lines.push({ name, runs: [], note: prepared.why });
      continue;
    }
    const { site, first } = prepared;
    contestants.push({ name, run: () => bench.run(site) });
    if (subject.name !== OURS || first.ended !== 'well') continue;
    const kept = prepared.fromBefore ? { note: 'kept from an earlier bench: not a first build' } : {};
    lines.push({ name: firstBuild(subject.name, count), runs: [first.measurement], ...kept });
  }
}

export const MANY_ROWS: readonly Row[] = SHAPES.map(manyRow);
