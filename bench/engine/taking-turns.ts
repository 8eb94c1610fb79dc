import type { MeasuredRun, Measurement } from './measured-run.ts';

/** One line of a table: something that is run again and again. */
export interface Contestant {
  readonly name: string;
  /** Done before each run and not measured. */
  readonly before?: () => void;
  readonly run: () => Promise<MeasuredRun>;
  /** Says what was wrong with a run that ended well. */
  readonly problem?: () => string | undefined;
}

export interface Line {
  readonly name: string;
  readonly runs: readonly Measurement[];
  /** Why there are no figures, or fewer. */
  readonly note?: string;
}

export interface Turns {
  readonly runs: number;
  /** A contestant that has used this many seconds gets no further turn: the slow ones would take all night. */
  readonly budgetSeconds: number;
}

/** Runs the contestants in turn, round after round, so that whatever else the machine does hits them alike. */
export async function takeTurns(contestants: readonly Contestant[], turns: Turns): Promise<readonly Line[]> {
  const entries = contestants.map((contestant) => new Entry(contestant));
  for (let round = 0; round < turns.runs; round += 1) {
    for (const entry of entries) await entry.takeTurn(turns.budgetSeconds);
  }
  return entries.map((entry) => entry.line());
}

class Entry {
  private readonly contestant: Contestant;
  private readonly measured: Measurement[] = [];
  private note: string | undefined;
  private used = 0;

  constructor(contestant: Contestant) {
    this.contestant = contestant;
  }

  async takeTurn(budgetSeconds: number): Promise<void> {
    if (this.note !== undefined) return;
    if (this.used > budgetSeconds) {
      this.note = `only ${this.measured.length} of the runs: they take long`;
      return;
    }
    this.contestant.before?.();
    const run = await this.contestant.run();
    if (run.ended === 'badly') {
      this.note = run.why;
      return;
    }
    this.measured.push(run.measurement);
    this.used += run.measurement.wall;
    this.note = this.contestant.problem?.();
  }

  line(): Line {
    const { name } = this.contestant;
    return { name, runs: this.measured, ...(this.note === undefined ? {} : { note: this.note }) };
  }
}

/** The median of each figure by itself; undefined where nothing was measured. */
export function medians(line: Line | undefined): Measurement | undefined {
  if (line === undefined || line.runs.length === 0) return undefined;
  const of = (figure: (run: Measurement) => number): number => {
    const sorted = line.runs.map(figure).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    const upper = sorted[middle] ?? Number.NaN;
    return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
  };
  return { wall: of((run) => run.wall), cpu: of((run) => run.cpu), memory: of((run) => run.memory) };
}
