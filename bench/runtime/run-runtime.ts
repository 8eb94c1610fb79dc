/** `npm run bench:runtime`: what the C++ runtime takes for a token, each figure beside what it is measured against. */
import type { ModelRow } from '../models/model-row.ts';
import { runRows } from '../models/row-program.ts';
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

process.exitCode = await runRows({
  help: HELP,
  rows: ROWS,
  chosen: (words) =>
    words.length === 0 ? ROWS : ROWS.filter(({ id }) => words.some((word) => id.includes(word))),
  listed: ({ id, title }) => `${id.padEnd(12)} ${title}`,
});
