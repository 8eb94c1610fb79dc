/** `npm run bench:models`: the goals for models, precisions and predicted speed, each from builds in the same call. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILD_ROWS } from './build-rows.ts';
import { FIDELITY_ROWS } from './fidelity-rows.ts';
import { goalsText } from './goal-text.ts';
import { ModelBench } from './model-bench.ts';
import type { ModelGoal, ModelRow } from './model-row.ts';
import { PREFILL_ROWS } from './prefill-rows.ts';
import { SPEED_ROWS } from './speed-rows.ts';

const ROWS: readonly ModelRow[] = [...FIDELITY_ROWS, ...SPEED_ROWS, ...PREFILL_ROWS, ...BUILD_ROWS];

const HELP = `Builds models and holds what came out against the goals.

Examples:
  npm run bench:models                                 the rows that take minutes
  npm run bench:models -- --only decode-v7,prefill     rows by parts of their names, however long they take
  npm run bench:models -- --keep /tmp/kept             what is built stays there, and is found the next time
  npm run bench:models -- --rows

Options:
  --rows          list the rows and end
  --only WORDS    measure the rows whose name holds one of these, separated by commas; "all" is every row
  --keep FOLDER   build in this folder and leave it there
  --json          one JSON document on stdout, talk on stderr

Predicted figures are those of Qualcomm's cost model for a proxy SoC. The exit code is 0 when everything could be
measured, whatever the figures, 1 when not; 2 for a wrong option.`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  rows: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  keep: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function chosenRows(only: string): readonly ModelRow[] {
  const words = only.split(',').filter((word) => word !== '');
  if (words.length === 0) return ROWS.filter(({ takes }) => takes === 'minutes');
  return ROWS.filter(({ id }) => words.some((word) => word === 'all' || id.includes(word)));
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.rows) {
    for (const { id, title, takes } of ROWS) console.log(`${id.padEnd(24)} ${takes.padEnd(8)} ${title}`);
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
