/** `npm run bench:engine`: measures rwkv-build beside its peers and prints figures, ratios and goals. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BenchOptions, HELP, readOptions } from './bench-options.ts';
import { Bench, type Row, type RowResult } from './bench-row.ts';
import type { Subject } from './bench-subject.ts';
import { BIG_ROWS } from './big-rows.ts';
import { MANY_ROWS } from './many-rows.ts';
import { endRunning } from './measured-run.ts';
import { findPeer } from './peer-places.ts';
import { goalsText, rowText } from './result-table.ts';
import { SMALL_ROWS } from './small-rows.ts';
import { goTask, ninja } from './subjects/compiled-peers.ts';
import { turbo, wireit } from './subjects/npm-peers.ts';
import { doit, dvc, snakemake } from './subjects/python-peers.ts';
import { rwkvBuild } from './subjects/rwkv-build.ts';

const ROWS: readonly Row[] = [...SMALL_ROWS, ...BIG_ROWS, ...MANY_ROWS];

/** The name of each peer, its program, and how it is driven. */
const PEERS: readonly (readonly [string, string, (program: string) => Subject])[] = [
  ['ninja', 'ninja', ninja],
  ['go-task', 'task', goTask],
  ['doit', 'doit', doit],
  ['DVC', 'dvc', dvc],
  ['snakemake', 'snakemake', snakemake],
  ['wireit', 'wireit', wireit],
  ['turbo', 'turbo', turbo],
];

function findSubjects(options: BenchOptions, say: (text: string) => void): readonly Subject[] {
  const subjects = [rwkvBuild()];
  for (const [name, program, toSubject] of PEERS) {
    const wanted = options.peers?.some((one) => one.toLowerCase() === name.toLowerCase()) ?? true;
    if (!wanted) continue;
    const found = findPeer(program, process.env);
    if (found === undefined) say(`${name} is not installed here: left out (npm run bench:peers installs it)`);
    else subjects.push(toSubject(found));
  }
  return subjects;
}

async function measureRows(
  rows: readonly Row[],
  bench: Bench,
  report: (row: RowResult) => void,
): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for (const row of rows) {
    bench.settings.say(`measuring ${row.id}`);
    const result = { id: row.id, title: row.title, ...(await row.measure(bench)) };
    report(result);
    results.push(result);
  }
  return results;
}

function machineText(): string {
  const version = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout.trim();
  const load = loadavg()[0]?.toFixed(1);
  return `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, load ${load}, Node ${process.version}, commit ${version}`;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    console.error(`${options}\n(see npm run bench:engine -- --help)`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const wanted = ROWS.filter(
    ({ id }) => options.only.length === 0 || options.only.some((w) => id.includes(w)),
  );
  if (options.rows) {
    for (const { id, title } of wanted) console.log(`${id.padEnd(22)} ${title}`);
    return 0;
  }
  if (wanted.length === 0) {
    console.error(
      `no row's name holds ${options.only.join(' or ')}; they are: ${ROWS.map((r) => r.id).join(', ')}`,
    );
    return 2;
  }
  const say = (text: string): void => console.error(text);
  const folder =
    options.keep === undefined ? mkdtempSync(join(tmpdir(), 'rwkv-bench-')) : resolve(options.keep);
  mkdirSync(folder, { recursive: true });
  const removeFolder = (): void => {
    if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
  };
  // Whoever interrupts a bench does not want gigabytes left behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      endRunning();
      removeFolder();
      process.exit(130);
    });
  }
  try {
    const bench = new Bench({
      folder,
      subjects: findSubjects(options, say),
      turns: { runs: options.runs, budgetSeconds: options.budget },
      timeLimitSeconds: options.timeLimit,
      firstBuildLimitSeconds: options.firstBuildLimit,
      bigFileBytes: options.fileMegabytes * 1e6,
      say,
    });
    const machine = machineText();
    if (!options.json) console.log(machine);
    const report = options.json ? () => undefined : (row: RowResult) => console.log(rowText(row));
    const results = await measureRows(wanted, bench, report);
    console.log(options.json ? JSON.stringify({ machine, rows: results }, null, 1) : goalsText(results));
    return 0;
  } finally {
    removeFolder();
  }
}

process.exitCode = await main();
