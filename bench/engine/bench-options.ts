import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly help: boolean;
  /** Print the ids of the rows and end. */
  readonly rows: boolean;
  /** Parts of the ids of the rows to measure; empty: all. */
  readonly only: readonly string[];
  /** The peers to measure; undefined: all that are installed. */
  readonly peers: readonly string[] | undefined;
  readonly runs: number;
  readonly budget: number;
  readonly timeLimit: number;
  readonly firstBuildLimit: number;
  readonly fileMegabytes: number;
  /** Where built work stays for the next bench; undefined: a temporary folder, removed at the end. */
  readonly keep: string | undefined;
  readonly json: boolean;
}

export const HELP = `Measures rwkv-build and its peers side by side: medians of CPU and wall time, and the goals.

Examples:
  npm run bench:engine                                   everything; takes half an hour or more
  npm run bench:engine -- --only noop-1000               the rows whose name holds this
  npm run bench:engine -- --only full,leaf --peers ninja,go-task
  npm run bench:engine -- --peers none --keep /tmp/kept  rwkv-build alone; the next time nothing is built anew
  npm run bench:engine -- --json > figures.json
  npm run bench:peers                                    installs the peers (see bench/engine/peer-places.ts)

Options:
  --rows              list the rows and end
  --only WORDS        measure the rows whose name holds one of these, separated by commas
  --peers NAMES       only these peers (ninja, go-task, doit, DVC, snakemake, wireit, turbo), or none
  --runs COUNT        how often each is run; the median is printed (5)
  --budget SECONDS    one that has used more gets no further run in that row (30)
  --time-limit SECONDS        for one run of one subject (120)
  --first-build SECONDS       for the build that a no-op needs before it (180; rwkv-build: no limit)
  --file-size MEGABYTES       of the big files (1000); they take fifteen times that on the disk
  --keep FOLDER       build in this folder and leave it there for the next time
  --json              one JSON document on stdout, talk on stderr

Peers come from $RWKV_BENCH_PEERS, else ~/.cache/rwkv-build-bench-peers, else PATH.
The exit code is 0 when everything could be measured, whatever the figures; 2 for a wrong option.`;

/** Reads the arguments; a problem is a sentence. */
export function readOptions(args: readonly string[]): BenchOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        rows: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        peers: { type: 'string' },
        runs: { type: 'string', default: '5' },
        budget: { type: 'string', default: '30' },
        'time-limit': { type: 'string', default: '120' },
        'first-build': { type: 'string', default: '180' },
        'file-size': { type: 'string', default: '1000' },
        keep: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    return {
      help: values.help,
      rows: values.rows,
      only: words(values.only),
      peers: values.peers === undefined ? undefined : words(values.peers).filter((name) => name !== 'none'),
      runs: count('--runs', values.runs),
      budget: count('--budget', values.budget),
      timeLimit: count('--time-limit', values['time-limit']),
      firstBuildLimit: count('--first-build', values['first-build']),
      fileMegabytes: count('--file-size', values['file-size']),
      keep: values.keep,
      json: values.json,
    };
  } catch (error) {
    return (error as Error).message;
  }
}

const words = (text: string): string[] => text.split(',').filter((word) => word !== '');

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${option} ${text}: expected a whole number from 1`);
  return value;
}
