import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { digestFolder, processesIn, storeProblems } from './file-inspection.ts';
import { type BuildEnd, type BuildPlace, KillableBuild } from './killable-build.ts';
import { turnKnob, VARIANTS, writeProject } from './torture-pipeline.ts';

/** A build is let finish after so many kills. */
const KILLS_BETWEEN_CHECKS = 5;
/** What a killed build's commands may go on for by themselves; the longest takes a third of this. */
const ORPHAN_MILLISECONDS = 3000;

interface Site extends BuildPlace {
  readonly name: string;
  variant: number;
}

/** One run of the torture: two folders that share a store, and what an undisturbed build makes of each input. */
export class Torture {
  private readonly root: string;
  private readonly say: (text: string) => void;
  private readonly random: () => number;
  private readonly cache: string;
  private readonly sites: readonly [Site, Site];
  private readonly expected: ReadonlyMap<string, string>[] = [];
  private readonly problems: string[] = [];
  private readonly counts = { kills: 0, together: 0, late: 0, edits: 0, finished: 0 };
  private buildSeconds = 0;

  constructor(root: string, seed: number, say: (text: string) => void) {
    this.root = root;
    this.say = say;
    this.random = randomNumbers(seed);
    this.cache = join(root, 'store');
    const site = (name: string): Site => ({ name, folder: join(root, name), cache: this.cache, variant: 0 });
    this.sites = [site('first'), site('second')];
  }

  /** Returns what was found wrong. */
  async run(kills: number): Promise<readonly string[]> {
    await this.buildUndisturbed();
    for (const site of this.sites) writeProject(site.folder);
    let nextCheck = Math.min(kills, KILLS_BETWEEN_CHECKS);
    while (this.counts.kills < kills && this.problems.length === 0) {
      await this.disturb();
      this.inspectAfterKill();
      if (this.counts.kills < nextCheck) continue;
      await this.finishBuilds();
      nextCheck = Math.min(kills, this.counts.kills + KILLS_BETWEEN_CHECKS);
    }
    return this.problems;
  }

  summary(): string {
    const { kills, together, late, edits, finished } = this.counts;
    return [
      `${kills} builds killed (${together} while another used the store), ${late} ended before their kill,`,
      `${edits} edits of an input, ${finished} builds let finish and compared`,
    ].join(' ');
  }

  private async buildUndisturbed(): Promise<void> {
    for (let variant = 0; variant < VARIANTS; variant += 1) {
      const place = {
        folder: join(this.root, `undisturbed-${variant}`),
        cache: join(this.root, `store-${variant}`),
      };
      writeProject(place.folder);
      turnKnob(place.folder, variant);
      const end = await new KillableBuild(place).ended;
      if (end.code !== 0) throw new Error(`the undisturbed build failed:\n${end.said}`);
      this.expected.push(digestFolder(join(place.folder, 'out')).files);
      this.buildSeconds = Math.max(this.buildSeconds, end.seconds);
    }
    this.say(`undisturbed: ${this.expected[0]?.size} files, ${this.buildSeconds.toFixed(1)} s`);
  }

  /** Starts one build or two, perhaps after an edit, and kills each at a moment of its own. */
  private async disturb(): Promise<void> {
    const both = this.random() < 0.3;
    const sites = both ? this.sites : [this.sites[this.random() < 0.8 ? 0 : 1]];
    for (const site of sites) if (this.random() < 0.4) this.edit(site);
    const killed = await Promise.all(
      sites.map((site) => {
        const moment = this.random() * this.buildSeconds * (both ? 1.5 : 1);
        const whom = this.random() < 0.5 ? 'process' : 'group';
        return new KillableBuild(site).killAfter(moment, whom);
      }),
    );
    const count = killed.filter(Boolean).length;
    this.counts.kills += count;
    this.counts.late += killed.length - count;
    if (both) this.counts.together += count;
    // One that found nothing left to do would be killed at no interesting moment again.
    if (count === 0) this.forgetResults();
  }

  private edit(site: Site): void {
    site.variant = Math.floor(this.random() * VARIANTS);
    turnKnob(site.folder, site.variant);
    this.counts.edits += 1;
  }

  /** Takes away the whole store, or the results alone: then blobs are made that are there already. */
  private forgetResults(): void {
    rmSync(this.random() < 0.5 ? this.cache : join(this.cache, 'ac'), { recursive: true, force: true });
    mkdirSync(this.cache, { recursive: true });
  }

  /** What must hold at any moment: nothing half-made lies under the name of something whole. */
  private inspectAfterKill(): void {
    this.problems.push(...storeProblems(this.cache));
    for (const site of this.sites) {
      for (const [path, digest] of digestFolder(join(site.folder, 'out')).files) {
        const known = this.expected.some((files) => files.get(path) === digest);
        if (!known) this.problems.push(`${site.name}/out/${path} is what no undisturbed build writes`);
      }
    }
  }

  private async finishBuilds(): Promise<void> {
    const together = this.random() < 0.5;
    const ends: BuildEnd[] = [];
    if (together) ends.push(...(await Promise.all(this.sites.map((site) => new KillableBuild(site).ended))));
    else for (const site of this.sites) ends.push(await new KillableBuild(site).ended);
    for (const [i, site] of this.sites.entries()) this.compare(site, ends[i]);
    this.problems.push(...storeProblems(this.cache));
    await this.findOrphans();
    this.forgetResults();
    this.say(`  ${this.counts.kills} kills, ${this.problems.length} problems`);
  }

  private compare(site: Site, end: BuildEnd | undefined): void {
    this.counts.finished += 1;
    if (end?.code !== 0) {
      this.problems.push(`${site.name}: the build after the kills ended with ${end?.code}:\n${end?.said}`);
      return;
    }
    const { files, temporary } = digestFolder(join(site.folder, 'out'));
    for (const path of temporary) this.problems.push(`${site.name}/out/${path} was left behind`);
    const wanted = this.expected[site.variant] ?? new Map<string, string>();
    for (const path of new Set([...files.keys(), ...wanted.keys()])) {
      if (files.get(path) === wanted.get(path)) continue;
      const was = `${files.get(path) ?? 'not there'} instead of ${wanted.get(path) ?? 'nothing'}`;
      this.problems.push(`${site.name}/out/${path}, variant ${site.variant}: ${was}`);
    }
  }

  private async findOrphans(): Promise<void> {
    const deadline = performance.now() + ORPHAN_MILLISECONDS;
    while (processesIn(this.root).length > 0 && performance.now() < deadline) await setTimeout(50);
    for (const orphan of processesIn(this.root)) this.problems.push(`left running: ${orphan}`);
  }
}

/** Numbers in [0, 1) that depend on nothing but the seed: a linear congruential generator of 48 bits. */
function randomNumbers(seed: number): () => number {
  const mask = (1n << 48n) - 1n;
  let state = (BigInt(seed) ^ 0x5deece66dn) & mask;
  return () => {
    state = (state * 0x5deece66dn + 0xbn) & mask;
    return Number(state >> 16n) / 2 ** 32;
  };
}
