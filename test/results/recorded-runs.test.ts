import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { named } from '../../results/record-identity.ts';
import { compareRuns, type FigureComparison } from '../../results/run-comparison.ts';
import type { MeasuredRecord } from '../../results/run-record.ts';
import { measured } from './sample-records.ts';

const test = suite('recorded runs');

/**
 * 22 runs of `rwkv-run bench -p 4 -n 4 --repetitions 6` with the same model on the HTP emulator, on one core, a minute
 * apart; each line has the tokens a second of every repetition. Four more, during which the machine had other work, are
 * not among them.
 */
const RECORDED = readFileSync(
  join(fileURLToPath(new URL('.', import.meta.url)), 'recorded-runs.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Readonly<Record<string, readonly number[]>>);

const CELLS = 12;
const EARLIER = 10;

/** Cells that were measured as recorded runs were; the last ones are slowed to a share of their speed. */
function night(index: number, share = 1, slowed = 0): MeasuredRecord[] {
  return Array.from({ length: CELLS }, (_, cell) => {
    const recorded = RECORDED[(index + 7 * cell) % RECORDED.length] ?? {};
    const { id: _id, ...record } = measured({
      run: `2026-10-${String(index + 1).padStart(2, '0')}T02-00-00Z`,
      cell: { model: `m${cell}` },
    });
    const speeds = Object.entries(recorded).map(([name, speed]) => ({
      ...{ test: name, prompt_tokens: 4, generated_tokens: 0 },
      tokens_per_second: speed.map((each) => each * (cell >= CELLS - slowed ? share : 1)),
    }));
    return named<MeasuredRecord>({ ...record, speeds });
  });
}

/** The speeds of a night, held against those of the nights before. */
function figuresOf(index: number, share = 1, slowed = 0): readonly FigureComparison[] {
  const before = Array.from({ length: EARLIER }, (_, back) => night(index - EARLIER + back)).flat();
  const { figures } = compareRuns(before, night(index, share, slowed));
  return figures.filter(({ change }) => change !== undefined);
}

const NIGHTS = Array.from({ length: 20 }, (_, index) => index + EARLIER);

test('nothing is called changed in 20 nights of 12 cells of the same build', () => {
  for (const index of NIGHTS) {
    const changed = figuresOf(index).filter(({ verdict }) => verdict === 'regression');
    assert.equal(
      changed.map(({ cell, figure, change }) => `${cell} ${figure} ${change?.ratio.toFixed(3)}`),
      [],
    );
  }
});

test('a build that is a tenth slower is found in each of them', () => {
  for (const index of NIGHTS) {
    const found = figuresOf(index, 0.9, CELLS).filter(({ verdict }) => verdict === 'regression');
    assert.ok(found.length > CELLS, `night ${index}: ${found.length} of ${2 * CELLS} figures`);
  }
});

test('one cell of twelve that is a tenth slower is found in nearly all of them, and no other', () => {
  const slow = `m${CELLS - 1}`;
  const found = NIGHTS.map((index) =>
    figuresOf(index, 0.9, 1).filter(({ verdict }) => verdict === 'regression'),
  );
  assert.ok(found.flat().every(({ cell }) => cell === slow));
  assert.ok(found.filter((figures) => figures.length > 0).length >= 18);
});

test.run();
