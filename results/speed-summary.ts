import jstat from 'jstat';
import type { SpeedRecord } from './run-record.ts';

const { jStat } = jstat;

/** The repetitions of a test in a few figures, in tokens a second but for the spread. */
export interface SpeedSummary {
  readonly repetitions: number;
  readonly median: number;
  /** Nine of ten repetitions were at least as fast. */
  readonly p90: number;
  /** The middle half's range, as a share of the median. */
  readonly spread: number;
  /** Of the first repetition. */
  readonly first: number;
  /** The median of the later half: what is left of it when the device has become warm. */
  readonly sustained: number;
}

/** The share of the first repetition's speed below which a later half counts as slowed down. */
const THROTTLED_SHARE = 0.85;
/** Fewer repetitions say nothing of a trend. */
const FEWEST_FOR_A_TREND = 4;

export function summarise({ tokens_per_second: speeds }: SpeedRecord): SpeedSummary {
  const median = jStat.median(speeds);
  const quarter = (share: number): number => jStat.percentile(speeds, share);
  return {
    repetitions: speeds.length,
    median,
    p90: quarter(0.1),
    spread: (quarter(0.75) - quarter(0.25)) / median,
    first: speeds[0] ?? median,
    sustained: jStat.median(speeds.slice(Math.floor(speeds.length / 2))),
  };
}

/** Whether the device became slower while it was measured: its later repetitions are not the speed of a cool one. */
export function isThrottled(speed: SpeedRecord): boolean {
  const { repetitions, first, sustained } = summarise(speed);
  return repetitions >= FEWEST_FOR_A_TREND && sustained < THROTTLED_SHARE * first;
}
