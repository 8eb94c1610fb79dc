import { table } from '../../cli/reporters/figures.ts';
import type { ModelGoal } from './model-row.ts';

const MARKS = new Map<boolean | undefined, string>([
  [true, '✓'],
  [false, '✗'],
  [undefined, '?'],
]);

/** The goals, one a line, each with its mark. */
export function goalsText(goals: readonly ModelGoal[]): string {
  return table(
    goals.map(({ text, reached, met }) => [MARKS.get(met) ?? '', text, reached]),
    new Set(),
  ).join('\n');
}
