import jstat from 'jstat';
import type { SpeedRecord } from './run-record.ts';
import { summarise } from './speed-summary.ts';

const { jStat } = jstat;

/** How a run's speed stands against those of earlier runs. */
export interface SpeedChange {
  /** This run's ÷ that of the earlier ones (the median of their medians). */
  readonly ratio: number;
  /** Tokens a second, earlier and now. */
  readonly before: number;
  readonly now: number;
  /** How many earlier runs it was held against. */
  readonly runs: number;
  /** How much runs of the same thing differ, relatively: one standard deviation. */
  readonly noise: number;
  /** How likely a run as slow as this one, or slower, is when nothing has changed; and as fast, or faster. */
  readonly slower: number;
  readonly faster: number;
}

/** So many runs before it, of the same thing, tell how much runs differ; with fewer it is assumed. */
export const RUNS_FOR_NOISE = 4;
/** Runs of the same thing on one device differ by about this much: what is assumed where too few are known. */
export const ASSUMED_NOISE = 0.03;
/** Clocks, page caches and the like are never more alike than this. */
const LEAST_NOISE = 0.005;
/** The standard error of a median, in standard errors of a mean, of normal samples: √(π/2). */
const MEDIAN_ERROR = 1.2533;

/**
 * Holds one run's repetitions against those of earlier runs.
 *
 * Runs are compared by the logarithms of their medians. The new one differs from the earlier ones' mean by what runs
 * differ anyway (their standard deviation s, never less than what the repetitions inside a run let expect) and by
 * how well n runs tell that mean: s·√(1 + 1/n). The difference in units of that follows Student's t with n − 1 degrees
 * of freedom when nothing has changed (https://en.wikipedia.org/wiki/Prediction_interval, "Unknown mean, unknown
 * variance").
 */
export function speedChange(earlier: readonly SpeedRecord[], latest: SpeedRecord): SpeedChange {
  const medians = earlier.map((speed) => summarise(speed).median);
  const now = summarise(latest).median;
  const logs = medians.map(Math.log);
  const within = Math.max(...[...earlier, latest].map(errorOfMedian));
  const isKnown = logs.length >= RUNS_FOR_NOISE;
  const between = isKnown ? jStat.stdev(logs, true) : ASSUMED_NOISE;
  const noise = Math.max(between, within, LEAST_NOISE);
  const t = (Math.log(now) - jStat.mean(logs)) / (noise * Math.sqrt(1 + 1 / logs.length));
  const below = isKnown ? jStat.studentt.cdf(t, logs.length - 1) : jStat.normal.cdf(t, 0, 1);
  const before = jStat.median(medians);
  return { ratio: now / before, before, now, runs: logs.length, noise, slower: below, faster: 1 - below };
}

/** How far the median of a run's repetitions may be from what it is of many, relatively: one standard error. */
function errorOfMedian({ tokens_per_second: speeds }: SpeedRecord): number {
  if (speeds.length < 2) return 0;
  return (MEDIAN_ERROR * jStat.stdev(speeds.map(Math.log), true)) / Math.sqrt(speeds.length);
}
