import type { ModelBench } from './model-bench.ts';

/** A figure with what it was to be. */
export interface ModelGoal {
  readonly text: string;
  /** What was reached, in the goal's unit, or why nothing was. */
  readonly reached: string;
  /** Undefined where nothing could be measured. */
  readonly met: boolean | undefined;
}

/** One row of the report, made by real builds in the same call. */
export interface ModelRow {
  readonly id: string;
  readonly title: string;
  /** Such rows are only measured when they are named. */
  readonly takes: 'minutes' | 'an hour';
  measure(bench: ModelBench): Promise<readonly ModelGoal[]>;
}

/** A goal for something that this version of rwkv-build does not have. */
export const missing = (text: string, why: string): ModelGoal => ({ text, reached: why, met: undefined });

/** A goal that is met by a figure up to a bound. */
export function atMost(text: string, found: number | null, bound: number, show: Show): ModelGoal {
  if (found === null) return { text, reached: 'no number', met: false };
  return { text: `${text} ≤ ${show(bound)}`, reached: show(found), met: found <= bound };
}

/** A goal that is met by a figure from a bound on. */
export function atLeast(text: string, found: number, bound: number, show: Show): ModelGoal {
  return { text: `${text} ≥ ${show(bound)}`, reached: show(found), met: found >= bound };
}

type Show = (value: number) => string;

export const small: Show = (value) => value.toExponential(1);
export const rate: Show = (value) => value.toFixed(1);
export const ratio: Show = (value) => value.toFixed(3);
