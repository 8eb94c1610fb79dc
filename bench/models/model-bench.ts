import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../../cache/cache-root.ts';
import type { ActionFinished, BuildEvent } from '../../engine/event.ts';
import { PeakMemory } from '../../engine/peak-memory.ts';
import { childOutput } from '../child-output.ts';
import { ownProgram } from '../own-program.ts';

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The tools that rwkv-build fetches once; a bench does not measure downloads. */
const ENVIRONMENTS = join(cacheRoot(process.env), 'environments');

/** A call of rwkv-build that has ended. */
export interface BenchRun {
  readonly code: number;
  readonly seconds: number;
  /** Bytes that it and everything it started had resident together, at most. */
  readonly memory: number;
  readonly actions: readonly ActionFinished[];
  /** What it complained of, in a line. */
  readonly complaint: string;
}

/** A folder with a pipeline of its own and a store that all rows share. */
export class ModelSite {
  readonly folder: string;
  private readonly bench: ModelBench;

  constructor(bench: ModelBench, folder: string) {
    this.bench = bench;
    this.folder = folder;
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  /** A JSON file, which the build wrote. */
  read<Content>(path: string): Content {
    return JSON.parse(readFileSync(join(this.folder, path), 'utf8')) as Content;
  }

  run(...args: readonly string[]): Promise<BenchRun> {
    return this.bench.run(this.folder, args);
  }
}

export class ModelBench {
  readonly say: (text: string) => void;
  private readonly folder: string;

  constructor(folder: string, say: (text: string) => void) {
    this.folder = folder;
    this.say = say;
    mkdirSync(join(folder, 'cache'), { recursive: true });
    mkdirSync(ENVIRONMENTS, { recursive: true });
    if (!existsSync(join(folder, 'cache', 'environments')))
      symlinkSync(ENVIRONMENTS, join(folder, 'cache', 'environments'));
  }

  /** The folder of a row, or of rows that build the same. */
  site(name: string): ModelSite {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return new ModelSite(this, folder);
  }

  /** A build, whose events are read. */
  run(folder: string, args: readonly string[]): Promise<BenchRun> {
    return this.call(folder, [...args, '--json']);
  }

  /** Any command; one that writes no events has no actions. */
  async call(folder: string, args: readonly string[]): Promise<BenchRun> {
    this.say(`  rwkv-build ${args.join(' ')}`);
    const [program = '', ...words] = ownProgram();
    const start = performance.now();
    const child = spawn(program, [...words, ...args], {
      cwd: folder,
      env: { ...process.env, RWKV_BUILD_CACHE: join(this.folder, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const memory = new PeakMemory(child.pid ?? 0);
    const { status, said, complaint } = await childOutput(child);
    const lines = said.split('\n').filter((line) => line.startsWith('{'));
    const events = lines.map((line) => JSON.parse(line) as BuildEvent);
    return {
      code: status ?? 1,
      seconds: (performance.now() - start) / 1000,
      memory: memory.stop() ?? 0,
      actions: events.filter((event) => event.type === 'action'),
      complaint: complaintOf(events) ?? complaint.trim().split('\n').at(-1) ?? '',
    };
  }
}

function complaintOf(events: readonly BuildEvent[]): string | undefined {
  for (const event of events) {
    if (event.type === 'failure') return event.failure.message;
    if (event.type === 'action' && event.failure !== undefined) return event.failure.message;
  }
  return undefined;
}
