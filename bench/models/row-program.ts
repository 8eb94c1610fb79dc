import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { goalsText } from './goal-text.ts';
import { ModelBench } from './model-bench.ts';
import type { ModelGoal, ModelRow } from './model-row.ts';

/** What one bench has of its own. */
export interface RowProgram {
  readonly help: string;
  readonly rows: readonly ModelRow[];
  /** The rows that the words of `--only` mean; those that are measured without it, when there are none. */
  readonly chosen: (words: readonly string[]) => readonly ModelRow[];
  /** A row in the answer to `--rows`. */
  readonly listed: (row: ModelRow) => string;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  rows: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  keep: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Measures rows as the command line asks; returns the exit code. */
export async function runRows(program: RowProgram): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(program.help);
    return 0;
  }
  if (values.rows) {
    for (const row of program.rows) console.log(program.listed(row));
    return 0;
  }
  const rows = program.chosen(values.only.split(',').filter((word) => word !== ''));
  if (rows.length === 0) {
    const names = program.rows.map(({ id }) => id).join(', ');
    console.error(`no row's name holds ${values.only}; they are: ${names}`);
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
