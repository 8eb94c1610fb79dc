/** `npm run bench:models`: the goals for models, precisions and predicted speed, each from builds in the same call. */
import { BUILD_ROWS } from './build-rows.ts';
import { FIDELITY_ROWS } from './fidelity-rows.ts';
import type { ModelRow } from './model-row.ts';
import { PREFILL_ROWS } from './prefill-rows.ts';
import { runRows } from './row-program.ts';
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

process.exitCode = await runRows({
  help: HELP,
  rows: ROWS,
  chosen: (words) =>
    words.length === 0
      ? ROWS.filter(({ takes }) => takes === 'minutes')
      : ROWS.filter(({ id }) => words.some((word) => word === 'all' || id.includes(word))),
  listed: ({ id, title, takes }) => `${id.padEnd(24)} ${takes.padEnd(8)} ${title}`,
});
