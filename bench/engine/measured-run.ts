import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childOutput, type EndedChild } from '../child-output.ts';

export interface Command {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Measurement {
  /** Seconds. */
  readonly wall: number;
  /** Seconds, user and system, with those of all children. */
  readonly cpu: number;
  /** Bytes: the most that one of the processes had resident. */
  readonly memory: number;
}

export type MeasuredRun =
  | { readonly ended: 'well'; readonly measurement: Measurement }
  /** `why` is short enough for a table. */
  | { readonly ended: 'badly'; readonly why: string };

const WRAPPER = join(dirname(fileURLToPath(import.meta.url)), 'measured_run.py');

/** What would make a subject behave as in CI, or find somebody else's settings. */
const HIDDEN = ['CI', 'GITHUB_ACTIONS', 'NODE_OPTIONS', 'RWKV_BUILD_CACHE', 'VIRTUAL_ENV'];

let running: { readonly child: ChildProcess; readonly scratch: string } | undefined;

/** Ends what is being measured, with everything that it started, and removes what it wrote. */
export function endRunning(): void {
  if (running === undefined) return;
  running.child.kill('SIGTERM');
  rmSync(running.scratch, { recursive: true, force: true });
}

/** Runs a command to its end and measures it; one that takes longer than the limit is killed. */
export async function measureRun(command: Command, limitSeconds: number): Promise<MeasuredRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'rwkv-bench-run-'));
  const output = join(scratch, 'output');
  try {
    const { status, said, complaint } = await runWrapper(command, limitSeconds, output);
    if (status !== 0) return { ended: 'badly', why: lastLine(complaint) };
    const { code, expired, wall, cpu, memory } = JSON.parse(said) as Measurement & {
      readonly code: number;
      readonly expired: boolean;
    };
    if (expired) return { ended: 'badly', why: `not done after ${limitSeconds} s` };
    if (code !== 0) {
      return { ended: 'badly', why: `exit code ${code}: ${lastLine(readFileSync(output, 'utf8'))}` };
    }
    return { ended: 'well', measurement: { wall, cpu, memory } };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runWrapper(command: Command, limitSeconds: number, output: string): Promise<EndedChild> {
  const environment: NodeJS.ProcessEnv = { ...process.env };
  for (const name of HIDDEN) delete environment[name];
  const child = spawn('python3', ['-S', WRAPPER, String(limitSeconds), output, ...command.argv], {
    cwd: command.folder,
    env: { ...environment, ...command.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = { child, scratch: dirname(output) };
  const ended = await childOutput(child);
  running = undefined;
  return ended;
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it said nothing').slice(0, 120);
}
