import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../../cache/cache-root.ts';
import type { ActionFinished, BuildEvent, BuildSummary } from '../../engine/event.ts';

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The program as users run it. */
export const PROGRAM = join(REPOSITORY, 'dist', 'rwkv-build.cjs');

/** Where this machine keeps rwkv-build's tools; tests share the environments, which cost a download. */
export const USER_CACHE = cacheRoot(process.env);

export interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A build that was run with `--json`. */
export interface FinishedBuild extends Finished {
  readonly events: readonly BuildEvent[];
  readonly summary: BuildSummary;
  /** The outcome of each action, by id. */
  readonly outcomes: Readonly<Record<string, ActionFinished['outcome']>>;
}

/** A user's folder with a store of its own, in which the real program is run. */
export class Project {
  readonly folder: string;
  readonly cache: string;
  private readonly environment: Record<string, string | undefined>;

  constructor(files: Readonly<Record<string, string>> = {}) {
    const root = mkdtempSync(join(tmpdir(), 'rwkv-build-test-'));
    this.folder = join(root, 'project');
    this.cache = join(root, 'cache');
    mkdirSync(this.folder);
    mkdirSync(this.cache);
    mkdirSync(join(USER_CACHE, 'environments'), { recursive: true });
    symlinkSync(join(USER_CACHE, 'environments'), join(this.cache, 'environments'));
    // CI=true keeps a live status line out of what the tests read.
    this.environment = {
      ...process.env,
      RWKV_BUILD_CACHE: this.cache,
      CI: 'true',
      GITHUB_ACTIONS: undefined,
    };
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string | Uint8Array): void {
    const at = join(this.folder, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  remove(): void {
    rmSync(dirname(this.folder), { recursive: true, force: true });
  }

  start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    program: string = PROGRAM,
  ): ChildProcess {
    return spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...this.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return outcome(this.start(args, environment));
  }

  /** Runs with `--json` and reads the events; fails loudly when the last is not the summary. */
  async build(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<FinishedBuild> {
    const finished = await this.run([...args, '--json'], environment);
    const lines = finished.stdout.split('\n').filter((line) => line !== '');
    const events = lines.map((line) => JSON.parse(line) as BuildEvent);
    const summary = events.at(-1);
    if (summary?.type !== 'summary') {
      throw new Error(`the last event is no summary:\n${finished.stdout}\n${finished.stderr}`);
    }
    const outcomes: Record<string, ActionFinished['outcome']> = {};
    for (const event of events) if (event.type === 'action') outcomes[event.id] = event.outcome;
    return { ...finished, events, summary, outcomes };
  }
}

/** Waits for a process to end and gives what it wrote. */
export async function outcome(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...end) => resolve(end));
  });
  return { code, signal, stdout, stderr };
}

/** Resolves when a process has written a text to stdout or stderr; rejects when it ends before. */
export async function written(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.on('close', () => reject(new Error(`the process ended without writing "${text}":\n${seen}`)));
  });
}
