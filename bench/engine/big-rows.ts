import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, BARE_NODE, type Bench, combine, figure, type Goal, OURS, type Row } from './bench-row.ts';
import { type Command, measureRun } from './measured-run.ts';
import { type Contestant, type Line, takeTurns } from './taking-turns.ts';
import { bigFiles } from './work-shape.ts';
import type { WorkSite } from './work-site.ts';

const FILES = 4;
const HASH_PROGRAM = join(dirname(fileURLToPath(import.meta.url)), 'hash-files.mjs');
const TWO_CORES = 'two cores hash in node';
const COPY = 'cp';
const COPY_TO_DISK = 'cp, then sync';
/** Two runs of the very same copy differ by as much. */
const ALIKE = 1.15;

const bigRow: Row = {
  id: 'big-files',
  title: 'four big files in, one out: first, no-op, after touch, no-op after that; the output deleted',
  measure: async (bench) => {
    const subjects = bench.settings.subjects.filter((subject) => subject.hashes);
    const folder = join(bench.settings.folder, 'big');
    mkdirSync(folder, { recursive: true });
    const needed = bench.settings.bigFileBytes * (FILES + 2 + 3 * subjects.length);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < needed * 1.1) {
      return {
        lines: [],
        goals: [],
        remarks: [`skipped: it takes ${gigabytes(needed)}, and ${gigabytes(bavail * bsize)} are free`],
      };
    }
    try {
      return await measureBigFiles(bench, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measureBigFiles(bench: Bench, folder: string): ReturnType<Row['measure']> {
  const { bigFileBytes, say, turns, timeLimitSeconds } = bench.settings;
  say(`  writing ${FILES} files of ${gigabytes(bigFileBytes)}`);
  const inputs = Array.from({ length: FILES }, (_, i) => join(folder, `big${i}.bin`));
  for (const path of inputs) writeRandomFile(path, bigFileBytes);
  const sites = bench.settings.subjects
    .filter((subject) => subject.hashes)
    .map((subject) => bench.newSite(subject, bigFiles(FILES), 'big'));
  // Hard links: nobody writes to inputs, and a copy for each subject would not stay in the page cache.
  for (const site of sites)
    site.lay((path, source) => linkSync(join(folder, source.replace('in/', '')), path));

  const reference = (name: string, argv: readonly string[], before?: () => void): Contestant => {
    const command: Command = { argv, folder, environment: {} };
    const run = (): ReturnType<Contestant['run']> => measureRun(command, timeLimitSeconds);
    return before === undefined ? { name, run } : { name, run, before };
  };
  const step = (site: WorkSite, what: string, before?: () => void): Contestant => {
    const name = `${site.subject.name}, ${what}`;
    const run = (): ReturnType<Contestant['run']> => bench.run(site);
    return before === undefined ? { name, run } : { name, run, before };
  };
  const hashing = reference(TWO_CORES, [process.execPath, HASH_PROGRAM, ...inputs]);
  const first = await takeTurns(
    [hashing, ...sites.map((site) => step(site, 'first', () => site.clean()))],
    turns,
  );
  const ready = sites.filter((site) => isBuilt(site, bigFileBytes));
  say('  first: done');
  const noop = await takeTurns([bench.bareNode(), ...ready.map((site) => step(site, 'no-op'))], turns);
  const touched = await takeTurns(
    [
      hashing,
      ...ready.flatMap((site) => [
        step(site, 'after touch', () => inputs.forEach(touch)),
        step(site, 'no-op after touch'),
      ]),
    ],
    turns,
  );
  say('  touch: done');
  const target = join(folder, 'copied.bin');
  const source = inputs[0] ?? '';
  const removeTarget = (): void => rmSync(target, { force: true });
  const restored = await takeTurns(
    [
      reference(COPY, ['cp', source, target], removeTarget),
      reference(COPY_TO_DISK, ['sh', '-c', `cp ${source} ${target} && sync ${target}`], removeTarget),
      ...ready
        .filter((site) => site.subject.restores)
        .map((site) => ({
          ...step(site, 'output deleted', () => rmSync(site.outputPath(site.work.leaf.task))),
          problem: () => (isBuilt(site, bigFileBytes) ? undefined : 'the output did not come back'),
        })),
    ],
    turns,
  );
  const lines = [...noop, ...named(first, 'first'), ...named(touched, 'touch'), ...restored];
  return {
    lines,
    goals: bigGoals(lines),
    remarks: [`files of ${gigabytes(bigFileBytes)}, in the page cache`],
  };
}

/** References that were measured in two series keep apart. */
function named(lines: readonly Line[], series: string): readonly Line[] {
  return lines.map((line) =>
    line.name === TWO_CORES ? { ...line, name: `${line.name} (${series})` } : line,
  );
}

function bigGoals(lines: readonly Line[]): readonly Goal[] {
  const wall = (name: string): number | undefined => figure(lines, name, 'wall');
  const beyondNode = (name: string): number | undefined =>
    combine(wall(name), wall(BARE_NODE), (ours, node) => (ours - node) * 1000);
  const ratio = (name: string, to: string): number | undefined =>
    combine(wall(name), wall(to), (a, b) => a / b);
  const hashing = ratio(`${OURS}, after touch`, `${TWO_CORES} (touch)`);
  const node = 'ms over node';
  return [
    atMost('no-op: wall ≤ node -e 0 + 50 ms', beyondNode(`${OURS}, no-op`), 50, node),
    atMost(`after touch: wall ≤ ${ALIKE} × two cores hashing`, hashing, ALIKE, '×'),
    atMost('no-op after touch: wall ≤ node -e 0 + 50 ms', beyondNode(`${OURS}, no-op after touch`), 50, node),
    atMost(`output deleted: wall ≤ ${ALIKE} × cp`, ratio(`${OURS}, output deleted`, COPY), ALIKE, '× cp'),
  ];
}

/** Real bytes, all different: holes and repetitions would be read faster than files of weights are. */
function writeRandomFile(path: string, bytes: number): void {
  const block = randomBytes(4 << 20);
  const file = openSync(path, 'w');
  for (let at = 0; at < bytes; at += block.length) {
    block.writeDoubleLE(at);
    writeSync(file, block, 0, Math.min(block.length, bytes - at));
  }
  closeSync(file);
}

function isBuilt(site: WorkSite, bytes: number): boolean {
  return statSync(site.outputPath(site.work.leaf.task), { throwIfNoEntry: false })?.size === bytes;
}

function touch(path: string): void {
  const now = Date.now() / 1000;
  utimesSync(path, now, now);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

export const BIG_ROWS: readonly Row[] = [bigRow];
