/** `npm run bench:torture`: kills builds at random moments and holds what comes of it to an undisturbed build. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Torture } from './torture-session.ts';

const HELP = `Kills builds with SIGKILL at random moments, lets one finish now and then, and compares with an
undisturbed build. Takes a few minutes; exits with 1 on any difference.

Examples:
  npm run bench:torture                          200 kills
  npm run bench:torture -- --kills 50 --seed 7   the same 50 choices again

Options:
  --kills COUNT   how many builds are killed (200)
  --seed NUMBER   of the random choices; printed at the start
  --keep          leave the folders for a look`;

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${option} ${text}: expected a whole number from 1`);
  return value;
}

async function main(): Promise<number> {
  let kills: number;
  let seed: number;
  let keep: boolean;
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        kills: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1e6)) },
        keep: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    kills = wholeNumber('kills', values.kills);
    seed = wholeNumber('seed', values.seed);
    keep = values.keep;
  } catch (error) {
    console.error(`${(error as Error).message}\n(see npm run bench:torture -- --help)`);
    return 2;
  }
  const root = mkdtempSync(join(tmpdir(), 'rwkv-torture-'));
  mkdirSync(root, { recursive: true });
  console.log(`${kills} kills, --seed ${seed}, in ${root}`);
  const torture = new Torture(root, seed, (text) => console.log(text));
  const problems = await torture.run(kills);
  console.log(torture.summary());
  for (const problem of problems) console.error(`PROBLEM: ${problem}`);
  if (problems.length > 0) console.error(`\n${problems.length} problems; the folders are kept: ${root}`);
  else if (!keep) rmSync(root, { recursive: true, force: true });
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
