/** `npm run bench:runtime`: what the C++ runtime takes for a token, each figure beside what it is measured against. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { goalsText } from '../models/goal-text.ts';
import { ModelBench } from '../models/model-bench.ts';
import type { ModelGoal, ModelRow } from '../models/model-row.ts';
import { OVERHEAD_ROW } from './overhead-row.ts';
import { PROVIDER_ROW } from './provider-row.ts';
import { SAMPLER_ROW } from './sampler-row.ts';
import { TOKENIZER_ROW } from './tokenizer-row.ts';

const ROWS: readonly ModelRow[] = [TOKENIZER_ROW, SAMPLER_ROW, OVERHEAD_ROW, PROVIDER_ROW];

const HELP = `Holds the C++ runtime against its goals, on this machine's CPU.

Examples:
  npm run bench:runtime                                all rows, in some minutes
  npm run bench:runtime -- --only sampler,overhead     rows by parts of their names
  npm run bench:runtime -- --keep /tmp/kept            what is built stays there, and is found the next time
  npm run bench:runtime -- --rows

Options:
  --rows          list the rows and end
  --only WORDS    measure the rows whose name holds one of these, separated by commas
  --keep FOLDER   build in this folder and leave it there
  --json          one JSON document on stdout, talk on stderr

Every figure is measured beside its baseline in the same run. The exit code is 0 when everything could be measured,
whatever the figures, 1 when not; 2 for a wrong option.`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  rows: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  keep: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function chosenRows(only: string): readonly ModelRow[] {
  const words = only.split(',').filter((word) => word !== '');
  return words.length === 0 ? ROWS : ROWS.filter(({ id }) => words.some((word) => id.includes(word)));
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.rows) {
    for (const { id, title } of ROWS) console.log(`${id.padEnd(12)} ${title}`);
    return 0;
  }
  const rows = chosenRows(values.only);
  if (rows.length === 0) {
    console.error(`no row's name holds ${values.only}; they are: ${ROWS.map(({ id }) => id).join(', ')}`);
    return 2;
  }
  const folder =
    values.keep === undefined ? mkdtempSync(join(tmpdir(), 'rwkv-bench-')) : resolve(values.keep);
  mkdirSync(folder, { recursive: true });
  try {
    const bench = new ModelBench(folder, (text) => console.error(text));
    const goals: ModelGoal[] = [];
    for (const row of rows) {
      console.error(`measuring ${row.id}`);
      const found = await row.measure(bench);
      goals.push(...found);
      if (!values.json) console.log(`\n${row.title}  [${row.id}]\n${goalsText(found)}`);
    }
    console.log(values.json ? JSON.stringify({ goals }, null, 1) : `\nGoals\n${goalsText(goals)}`);
    return goals.every(({ met }) => met !== undefined) ? 0 : 1;
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
