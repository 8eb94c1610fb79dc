import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareRuns, type FigureComparison } from '../../results/run-comparison.ts';
import type { RunRecord } from '../../results/run-record.ts';
import { failed, measured, nights } from './sample-records.ts';

const test = suite('run comparison');

const LATER = '2026-12-01T02-00-00Z';
const USUAL = [0.004, -0.006, 0.01, -0.008, 0.002, -0.003, 0.007, -0.01];

const compared = (
  earlier: readonly RunRecord[],
  latest: RunRecord,
  figure: string,
): FigureComparison | undefined =>
  compareRuns(earlier, [latest]).figures.find((one) => one.figure === figure);

const later = (share: number): RunRecord =>
  measured({ run: LATER, speeds: [0.995, 1, 1.005].map((each) => 50 * share * each) });

test('a speed that is a tenth less than usual is a regression, and one a tenth more an improvement', () => {
  assert.is(compared(nights(USUAL), later(0.9), 'tg32')?.verdict, 'regression');
  assert.is(compared(nights(USUAL), later(1.1), 'tg32')?.verdict, 'improvement');
});

test('what runs differ by anyway is no change', () => {
  for (const share of [0.985, 1, 1.015])
    assert.is(compared(nights(USUAL), later(share), 'tg32')?.verdict, 'same');
});

test('where runs differ by much, a tenth is no change', () => {
  const noisy = [0.09, -0.12, 0.05, -0.1, 0.13, -0.07, 0.11, -0.04];
  assert.is(compared(nights(noisy), later(0.9), 'tg32')?.verdict, 'same');
});

test('a small difference does not matter however sure it is', () => {
  assert.is(compared(nights([0, 0, 0, 0, 0, 0, 0, 0]), later(0.98), 'tg32')?.verdict, 'same');
});

test('with one earlier run, runs are taken to differ by what devices do', () => {
  assert.is(compared(nights([0]), later(0.93), 'tg32')?.verdict, 'same');
  assert.is(compared(nights([0]), later(0.85), 'tg32')?.verdict, 'regression');
});

test('of many cells one is always slow: each has to be slower for it', () => {
  const cells = Array.from({ length: 40 }, (_, index) => ({ precision: `p${index}` }));
  const restless = USUAL.map((difference) => 2.7 * difference);
  const earlier = cells.flatMap((cell) => nights(restless, { cell }));
  const latest = cells.map((cell, index) =>
    measured({ run: LATER, cell, speeds: [index === 7 ? 46.5 : 50] }),
  );
  const alone = compareRuns(nights(restless), [measured({ run: LATER, speeds: [46.5] })]);
  assert.is(alone.figures.find(({ figure }) => figure === 'tg32')?.verdict, 'regression');
  assert.is(compareRuns(earlier, latest).figures.filter(({ verdict }) => verdict !== 'same').length, 0);
});

test('speeds of another kind of device, or of one in doubt, are not compared', () => {
  const other = compareRuns(nights(USUAL, { deviceModel: 'Another' }), [later(0.5)]);
  assert.is(
    other.figures.find(({ figure }) => figure === 'tg32'),
    undefined,
  );
  assert.match(other.leftOut[0]?.reason ?? '', /same kind of device/);
  const doubted = compareRuns(nights(USUAL), [measured({ run: LATER, doubts: ['tg32 fell'] })]);
  assert.is(
    doubted.figures.find(({ figure }) => figure === 'tg32'),
    undefined,
  );
  assert.match(doubted.leftOut[0]?.reason ?? '', /in doubt: tg32 fell/);
});

test('a KL that grew by half is a regression, one that grew by a tenth or by next to nothing is none', () => {
  const kl = (before: number, now: number): string | undefined =>
    compared([measured({ run: '2026-11-01', kl: before })], measured({ run: LATER, kl: now }), 'kl_mean')
      ?.verdict;
  assert.is(kl(4e-3, 6e-3), 'regression');
  assert.is(kl(6e-3, 4e-3), 'improvement');
  assert.is(kl(4e-3, 4.4e-3), 'same');
  assert.is(kl(1e-6, 2e-6), 'same');
});

test('contexts that grew are a regression', () => {
  const earlier = [measured({ run: '2026-11-01', bytes: 1000 })];
  assert.is(compared(earlier, measured({ run: LATER, bytes: 1100 }), 'context_bytes')?.verdict, 'regression');
  assert.is(compared(earlier, measured({ run: LATER, bytes: 1010 }), 'context_bytes')?.verdict, 'same');
});

test('a cell that failed or is new is named, with why nothing is said of it', () => {
  const { figures, leftOut } = compareRuns(nights(USUAL), [
    failed({ run: LATER, cell: { precision: 'a16w8' } }),
    measured({ run: LATER, cell: { precision: 'new' } }),
  ]);
  assert.equal(figures, []);
  assert.equal(leftOut, [
    { cell: 'a16w8', reason: 'failed: the phone went away' },
    { cell: 'new', reason: 'nothing earlier to hold it against' },
  ]);
});

test.run();
