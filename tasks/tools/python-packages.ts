import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { storageFailure } from '../../cache/storage-failure.ts';
import type { Failure } from '../../engine/failure.ts';
import type { Tool, ToolSurroundings } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { findPython, type PythonInterpreter } from './python-interpreter.ts';

export interface PackageSet {
  readonly name: string;
  /** A requirements file with a hash for every file that may be installed. */
  readonly requirements: string;
  /** How the folder is made, with the interpreter that was found; each entry is one command. */
  readonly commands: (python: string, folder: string, requirements: string) => readonly (readonly string[])[];
  /** Folders in it, relative, that its programs write to. */
  readonly writes?: readonly string[];
  /** What is announced before it is made: it takes a minute and 600 MB. */
  readonly announcement: string;
}

/**
 * A folder of Python packages, made once for a requirements file and an interpreter and kept in the store's
 * folder. It is made under another name and renamed, so a killed or concurrent build never leaves half of one.
 */
export class PythonPackages implements Tool {
  readonly name: string;
  private readonly set: PackageSet;
  private readonly cacheRoot: string;
  private interpreter: ReturnType<typeof findPython> | undefined;

  constructor(set: PackageSet, cacheRoot: string) {
    this.name = set.name;
    this.set = set;
    this.cacheRoot = cacheRoot;
  }

  async version(): Promise<Result<string, Failure>> {
    const python = await this.python();
    if (!python.ok) return python;
    return ok(await this.describe(python.value));
  }

  async prepare(progress: (line: string) => void, signal: AbortSignal): Promise<Result<string, Failure>> {
    const python = await this.python();
    if (!python.ok) return python;
    const folder = await this.folderFor(python.value);
    if (existsSync(folder)) return ok(folder);
    const temporary = `${folder}.${process.pid}.tmp`;
    try {
      await rm(temporary, { recursive: true, force: true });
      await mkdir(dirname(folder), { recursive: true });
      progress(this.set.announcement);
      for (const command of this.set.commands(python.value.path, temporary, this.set.requirements)) {
        const failure = await runInstaller(command, this.name, progress, signal);
        if (failure !== undefined) return fail(failure);
      }
      // Another build may have been faster; its folder is the same.
      if (!existsSync(folder)) await rename(temporary, folder);
      return ok(folder);
    } catch (error) {
      return fail(storageFailure(folder, error));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** The interpreter that it was made from, and what its own programs write. */
  async surroundings(): Promise<ToolSurroundings> {
    const python = await this.python();
    if (!python.ok) return { reads: [], writes: [] };
    const folder = await this.folderFor(python.value);
    const writes = (this.set.writes ?? []).map((inner) => join(folder, inner));
    for (const path of writes) await mkdir(path, { recursive: true });
    return { reads: [python.value.prefix], writes };
  }

  /** Looked for once: a build asks for it under more than one name. */
  private python(): ReturnType<typeof findPython> {
    this.interpreter ??= findPython();
    return this.interpreter;
  }

  private async folderFor(python: PythonInterpreter): Promise<string> {
    const key = createHash('sha256')
      .update(await this.describe(python))
      .digest('hex')
      .slice(0, 16);
    return join(this.cacheRoot, 'environments', `${this.name}-${key}`);
  }

  private async describe(python: PythonInterpreter): Promise<string> {
    const digest = createHash('sha256')
      .update(await readFile(this.set.requirements))
      .digest('hex');
    return `python ${python.version} ${process.platform} ${process.arch} ${basename(this.set.requirements)} ${digest}`;
  }
}

/** Runs one command of an installation; what pip says of its work becomes progress. */
async function runInstaller(
  [program = '', ...args]: readonly string[],
  name: string,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  // pip has processes of its own, and nothing of what they did is kept.
  const onAbort = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const tail: string[] = [];
  const listen = (chunk: Buffer): void => {
    for (const line of chunk
      .toString()
      .split('\n')
      .map((text) => text.trim())) {
      if (line === '') continue;
      tail.push(line);
      if (tail.length > 12) tail.shift();
      if (/^(Collecting|Downloading|Using cached|Installing|Successfully)/.test(line))
        progress(line.slice(0, 160));
    }
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  signal.removeEventListener('abort', onAbort);
  if (signal.aborted) {
    return { kind: 'interrupted', signal: 'SIGINT', message: `\`${name}\` was not made ready: interrupted` };
  }
  if (code === 0) return undefined;
  return {
    kind: 'environment-missing',
    tool: name,
    message: `the Python packages of \`${name}\` could not be installed (exit code ${code}):\n${tail.join('\n')}`,
    hint: 'check that pip reaches its package index and that the disk has 1 GB free, then run the same command again',
  };
}
