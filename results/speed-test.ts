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

/** Runs of the same thing on one device differ by about this much: what is assumed before runs tell. */
export const ASSUMED_NOISE = 0.03;
/** What is assumed, or known from other cells, counts as much as so many runs of the cell itself. */
const PRIOR_RUNS = 20;
/** Clocks, page caches and the like are never more alike than this. */
const LEAST_NOISE = 0.005;
/** The standard error of a median, in standard errors of a mean, of normal samples: √(π/2). */
const MEDIAN_ERROR = 1.2533;
/** The standard deviation of normal samples, in medians of their distances from the median. */
const MAD_OF_NORMAL = 1.4826;

/**
 * Holds one run's repetitions against those of earlier runs.
 *
 * Runs are compared by the logarithms of their medians. The new one differs from the earlier ones' mean by what runs
 * differ anyway (s) and by how well n runs tell that mean: s·√(1 + 1/n). The difference in units of that follows
 * Student's t when nothing has changed (https://en.wikipedia.org/wiki/Prediction_interval). A few runs of one cell tell
 * s badly, and other cells on the device are as restless: their variance goes in with the weight of 20 runs, as many
 * degrees of freedom beside the cell's own n − 1 (a moderated t, https://doi.org/10.2202/1544-6115.1027). s is never less
 * than what the repetitions inside a run let expect.
 */
export function speedChange(
  earlier: readonly SpeedRecord[],
  latest: SpeedRecord,
  usualNoise: number = ASSUMED_NOISE,
): SpeedChange {
  const medians = earlier.map((speed) => summarise(speed).median);
  const now = summarise(latest).median;
  const logs = medians.map(Math.log);
  const own = logs.length - 1;
  const variance = (PRIOR_RUNS * usualNoise ** 2 + own * (runNoise(earlier) ?? 0) ** 2) / (PRIOR_RUNS + own);
  const within = Math.max(jStat.median(earlier.map(errorOfMedian)), errorOfMedian(latest));
  const noise = Math.max(Math.sqrt(variance), within, LEAST_NOISE);
  const t = (Math.log(now) - jStat.mean(logs)) / (noise * Math.sqrt(1 + 1 / logs.length));
  const below = jStat.studentt.cdf(t, PRIOR_RUNS + own);
  const before = jStat.median(medians);
  return { ratio: now / before, before, now, runs: logs.length, noise, slower: below, faster: 1 - below };
}

/** How much runs of one cell differ, relatively: a standard deviation. Undefined of fewer than two. */
export function runNoise(runs: readonly SpeedRecord[]): number | undefined {
  return runs.length < 2
    ? undefined
    : jStat.stdev(
        runs.map((speed) => Math.log(summarise(speed).median)),
        true,
      );
}

/** How much runs differ on a device, from those of several cells; what is assumed where none tells. */
export function usualNoise(cells: readonly (readonly SpeedRecord[])[]): number {
  const known = cells.flatMap((runs) => {
    const noise = runNoise(runs);
    return noise === undefined ? [] : [{ variance: noise ** 2, freedom: runs.length - 1 }];
  });
  const freedom = known.reduce((sum, cell) => sum + cell.freedom, 0);
  const assumed = { variance: ASSUMED_NOISE ** 2, freedom: Math.max(0, PRIOR_RUNS - freedom) };
  const all = [...known, assumed];
  const weighted = all.reduce((sum, cell) => sum + cell.freedom * cell.variance, 0);
  return Math.sqrt(weighted / (freedom + assumed.freedom));
}

/**
 * How far the median of a run's repetitions may be from what it is of many, relatively: one standard error. A single
 * repetition that something came in between of moves neither the median nor this.
 */
function errorOfMedian({ tokens_per_second: speeds }: SpeedRecord): number {
  const logs = speeds.map(Math.log);
  const middle = jStat.median(logs);
  const deviation = MAD_OF_NORMAL * jStat.median(logs.map((log) => Math.abs(log - middle)));
  return (MEDIAN_ERROR * deviation) / Math.sqrt(speeds.length);
}
