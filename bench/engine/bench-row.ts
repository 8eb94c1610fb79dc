import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Subject } from './bench-subject.ts';
import { type MeasuredRun, measureRun } from './measured-run.ts';
import { type Contestant, type Line, medians, type Turns } from './taking-turns.ts';
import type { Work } from './work-shape.ts';
import { WorkSite } from './work-site.ts';

export interface Goal {
  readonly text: string;
  /** What was reached, in the unit of the goal. */
  readonly reached: string;
  /** Undefined where nothing could be measured. */
  readonly met: boolean | undefined;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly Line[];
  readonly goals: readonly Goal[];
  readonly remarks: readonly string[];
}

/** One row of the report: an experiment with its goal. */
export interface Row {
  readonly id: string;
  readonly title: string;
  measure(bench: Bench): Promise<Omit<RowResult, 'id' | 'title'>>;
}

export interface BenchSettings {
  /** The temporary folder of this bench. */
  readonly folder: string;
  readonly subjects: readonly Subject[];
  readonly turns: Turns;
  /** For one run of one subject. */
  readonly timeLimitSeconds: number;
  /** For the first build of one subject, which no-op rows need and do not count. */
  readonly firstBuildLimitSeconds: number;
  readonly bigFileBytes: number;
  readonly say: (text: string) => void;
}

/** A site whose work is built, or why it isn't. */
export type Prepared =
  | {
      readonly ready: true;
      readonly site: WorkSite;
      /** The build of everything, unless an earlier bench had done that. */
      readonly first: MeasuredRun;
      readonly fromBefore: boolean;
    }
  | { readonly ready: false; readonly why: string };

/** Files of this age are trusted by every subject that looks at times. */
const SETTLING_MILLISECONDS = 2200;

const A_DAY_SECONDS = 86_400;

export class Bench {
  readonly settings: BenchSettings;
  private readonly prepared = new Map<string, Prepared>();

  constructor(settings: BenchSettings) {
    this.settings = settings;
  }

  subject(name: string): Subject | undefined {
    return this.settings.subjects.find((one) => one.name === name);
  }

  /** The subjects that take part in work of so many tasks. */
  subjectsFor(tasks: number): readonly Subject[] {
    return this.settings.subjects.filter((subject) => subject.mostTasks >= tasks);
  }

  newSite(subject: Subject, work: Work, name: string): WorkSite {
    const folder = join(this.settings.folder, name, subject.name);
    return new WorkSite(subject, work, folder);
  }

  /** A site where everything has been built and one run found nothing to do; made once for all rows. */
  async builtSite(subject: Subject, work: Work, name: string): Promise<Prepared> {
    const key = `${name}/${subject.name}`;
    const known = this.prepared.get(key);
    if (known !== undefined) return known;
    const made = await this.buildSite(this.newSite(subject, work, name));
    this.prepared.set(key, made);
    return made;
  }

  /** `node -e 0`: what no program in Node can beat. */
  bareNode(): Contestant {
    mkdirSync(this.settings.folder, { recursive: true });
    const command = { argv: [process.execPath, '-e', '0'], folder: this.settings.folder, environment: {} };
    return { name: BARE_NODE, run: () => measureRun(command, this.settings.timeLimitSeconds) };
  }

  run(site: WorkSite): Promise<MeasuredRun> {
    return site.run(this.settings.timeLimitSeconds);
  }

  private async buildSite(site: WorkSite): Promise<Prepared> {
    const { say, firstBuildLimitSeconds } = this.settings;
    const fromBefore = site.kept;
    if (!fromBefore) {
      rmSync(site.folder, { recursive: true, force: true });
      site.lay();
    }
    say(`  ${site.subject.name}: first build of ${site.work.tasks.length} tasks, ${site.work.shape}`);
    await setTimeout(SETTLING_MILLISECONDS);
    const first = await site.run(site.subject.name === OURS ? A_DAY_SECONDS : firstBuildLimitSeconds);
    if (first.ended === 'badly') return { ready: false, why: `first build: ${first.why}` };
    say(`  ${site.subject.name}: ${first.measurement.wall.toFixed(1)} s`);
    await setTimeout(SETTLING_MILLISECONDS);
    const second = await this.run(site);
    if (second.ended === 'badly') return { ready: false, why: `second build: ${second.why}` };
    const problem = site.subject.idleProblem?.(site.folder);
    if (problem !== undefined) return { ready: false, why: problem };
    site.markReady();
    return { ready: true, site, first, fromBefore };
  }
}

export const BARE_NODE = 'node -e 0';
export const OURS = 'rwkv-build';

/** A goal that says: this figure is at most that many times, or that much more than, another. */
export function atMost(text: string, reached: number | undefined, limit: number, unit: string): Goal {
  if (reached === undefined || Number.isNaN(reached))
    return { text, reached: 'not measured', met: undefined };
  return { text, reached: `${reached.toFixed(2)} ${unit}`, met: reached <= limit };
}

export function figure(
  lines: readonly Line[],
  name: string,
  of: 'wall' | 'cpu' | 'memory',
): number | undefined {
  return medians(lines.find((line) => line.name === name))?.[of];
}

/** Undefined as soon as one of the figures is. */
export function combine(
  a: number | undefined,
  b: number | undefined,
  how: (a: number, b: number) => number,
): number | undefined {
  return a === undefined || b === undefined ? undefined : how(a, b);
}
