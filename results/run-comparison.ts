import { cellKey, cellText, deviceKey } from './record-identity.ts';
import type { AccuracyRecord, MeasuredRecord, RunRecord, SpeedRecord } from './run-record.ts';
import { type SpeedChange, speedChange, usualNoise } from './speed-test.ts';

/** What a comparison takes for a change. */
export interface ComparisonRules {
  /** How likely it may be that anything at all is called changed although nothing is. */
  readonly falseAlarms: number;
  /** The relative change of a speed from which on it matters, however sure it is. */
  readonly leastChange: number;
  /** How many of the latest earlier runs count. */
  readonly mostRuns: number;
}

export const DEFAULT_RULES: ComparisonRules = { falseAlarms: 0.01, leastChange: 0.03, mostRuns: 20 };

export type Verdict = 'regression' | 'improvement' | 'same';

/** One figure of one cell, earlier and now. */
export interface FigureComparison {
  readonly cell: string;
  /** `tg32`, `kl_mean`, `context_bytes`. */
  readonly figure: string;
  readonly before: number;
  readonly now: number;
  readonly verdict: Verdict;
  /** Of a speed: what the verdict stands on. */
  readonly change?: SpeedChange;
}

/** A cell that nothing is said of, and why. */
export interface LeftOut {
  readonly cell: string;
  readonly reason: string;
}

export interface RunComparison {
  readonly figures: readonly FigureComparison[];
  readonly leftOut: readonly LeftOut[];
}

/** A bigger KL is a regression when it is so much bigger, and by at least so many nats; it has next to no noise. */
const KL_FACTOR = 1.25;
const KL_NATS = 1e-5;
/** The share by which contexts may grow unnoticed. */
const SIZE_SHARE = 0.02;

interface Pair {
  readonly latest: MeasuredRecord;
  readonly earlier: readonly MeasuredRecord[];
}

/**
 * Holds records against earlier ones of the same cells. Speeds are compared only between the same kinds of devices,
 * and only where neither is in doubt.
 */
export function compareRuns(
  earlier: readonly RunRecord[],
  latest: readonly RunRecord[],
  rules: ComparisonRules = DEFAULT_RULES,
): RunComparison {
  const leftOut: LeftOut[] = [];
  const pairs = latest.flatMap((record): Pair[] => {
    const cell = cellText(record.cell);
    if (record.outcome === 'failed') {
      leftOut.push({ cell, reason: `failed: ${record.failure.message}` });
      return [];
    }
    const same = earlier.filter(
      (one): one is MeasuredRecord => one.outcome === 'measured' && cellKey(one) === cellKey(record),
    );
    if (same.length === 0) leftOut.push({ cell, reason: 'nothing earlier to hold it against' });
    return same.length === 0 ? [] : [{ latest: record, earlier: same }];
  });
  const speeds = changesOf(pairs.flatMap((pair) => speedsOf(pair, rules, leftOut)));
  return {
    figures: [...judged(speeds, rules), ...pairs.flatMap((pair) => [accuracyOf(pair), sizeOf(pair)])],
    leftOut,
  };
}

/** One test of one cell: its earlier runs, and the latest. */
interface SpeedPair {
  readonly cell: string;
  /** What cells whose noise is alike have in common. */
  readonly device: string;
  readonly earlier: readonly SpeedRecord[];
  readonly latest: SpeedRecord;
}

function speedsOf(pair: Pair, rules: ComparisonRules, leftOut: LeftOut[]): readonly SpeedPair[] {
  const { latest } = pair;
  const cell = cellText(latest.cell);
  if (latest.doubts.length > 0) {
    leftOut.push({ cell, reason: `its speeds are in doubt: ${latest.doubts.join('; ')}` });
    return [];
  }
  const alike = pair.earlier.filter(
    (one) => one.doubts.length === 0 && deviceKey(one) === deviceKey(latest) && one.id !== latest.id,
  );
  const recent = [...alike].sort((a, b) => (a.time < b.time ? -1 : 1)).slice(-rules.mostRuns);
  if (recent.length === 0 && latest.speeds.length > 0)
    leftOut.push({ cell, reason: 'no speed of the same kind of device, without doubts, to hold it against' });
  return latest.speeds.flatMap((speed) => {
    const earlier = recent.flatMap(({ speeds }) => speeds.filter(({ test }) => test === speed.test));
    return earlier.length === 0 ? [] : [{ cell, device: deviceKey(latest), earlier, latest: speed }];
  });
}

type ChangedSpeed = Omit<FigureComparison, 'verdict'> & { readonly change: SpeedChange };

function changesOf(pairs: readonly SpeedPair[]): readonly ChangedSpeed[] {
  const earlierOn = new Map<string, (readonly SpeedRecord[])[]>();
  for (const { device, earlier } of pairs) earlierOn.set(device, [...(earlierOn.get(device) ?? []), earlier]);
  const noiseOf = new Map([...earlierOn].map(([device, cells]) => [device, usualNoise(cells)]));
  return pairs.map(({ cell, device, earlier, latest }) => {
    const change = speedChange(earlier, latest, noiseOf.get(device));
    return { cell, figure: latest.test, before: change.before, now: change.now, change };
  });
}

/**
 * Many figures are looked at, and one of them is always the slowest: each must be the surer the more there are, by
 * Holm's method (https://en.wikipedia.org/wiki/Holm%E2%80%93Bonferroni_method).
 */
function judged(speeds: readonly ChangedSpeed[], rules: ComparisonRules): readonly FigureComparison[] {
  const slower = holm(
    speeds.map(({ change }) => change.slower),
    rules.falseAlarms,
  );
  const faster = holm(
    speeds.map(({ change }) => change.faster),
    rules.falseAlarms,
  );
  return speeds.map((speed, index): FigureComparison => {
    const matters = Math.abs(speed.change.ratio - 1) >= rules.leastChange;
    const verdict = !matters
      ? 'same'
      : slower[index] === true
        ? 'regression'
        : faster[index] === true
          ? 'improvement'
          : 'same';
    return { ...speed, verdict };
  });
}

/** Which of several probabilities are too small to be chance, where the chance of any false one is `level`. */
function holm(probabilities: readonly number[], level: number): readonly boolean[] {
  const order = probabilities.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const rejected = probabilities.map(() => false);
  for (const [rank, { p, index }] of order.entries()) {
    if (p > level / (order.length - rank)) break;
    rejected[index] = true;
  }
  return rejected;
}

/** The latest of the earlier ones counts: what is deterministic needs no more. */
function accuracyOf({ latest, earlier }: Pair): FigureComparison {
  const [before, now] = [latestOf(earlier).accuracy.kl_mean, latest.accuracy.kl_mean];
  return { cell: cellText(latest.cell), figure: 'kl_mean', before, now, verdict: klVerdict(before, now) };
}

function klVerdict(before: AccuracyRecord['kl_mean'], now: AccuracyRecord['kl_mean']): Verdict {
  const [low, high] = before < now ? [before, now] : [now, before];
  if (high <= low * KL_FACTOR || high - low < KL_NATS) return 'same';
  return now > before ? 'regression' : 'improvement';
}

function sizeOf({ latest, earlier }: Pair): FigureComparison {
  const [before, now] = [latestOf(earlier).context_bytes, latest.context_bytes];
  const verdict =
    now > before * (1 + SIZE_SHARE) ? 'regression' : now < before * (1 - SIZE_SHARE) ? 'improvement' : 'same';
  return { cell: cellText(latest.cell), figure: 'context_bytes', before, now, verdict };
}

function latestOf(records: readonly MeasuredRecord[]): MeasuredRecord {
  return records.reduce((last, one) => (one.time > last.time ? one : last));
}
