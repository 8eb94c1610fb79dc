import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Failure } from '../../engine/failure.ts';
import type { Tool, ToolSurroundings } from '../../engine/kind.ts';
import { ok, type Result } from '../../engine/result.ts';
import { installerCommand } from './installer-command.ts';
import { keptFolder } from './kept-folder.ts';
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

/** A folder of Python packages, made once for a requirements file and an interpreter and kept in the store's folder. */
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
    return keptFolder(folder, async (temporary) => {
      progress(this.set.announcement);
      for (const command of this.set.commands(python.value.path, temporary, this.set.requirements)) {
        const failure = await runInstaller(command, this.name, progress, signal);
        if (failure !== undefined) return failure;
      }
      return undefined;
    });
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
  command: readonly string[],
  name: string,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const onLine = (line: string): void => {
    if (/^(Collecting|Downloading|Using cached|Installing|Successfully)/.test(line)) {
      progress(line.slice(0, 160));
    }
  };
  const ended = await installerCommand({ command, onLine, signal });
  if (ended.end === 'done') return undefined;
  if (ended.end === 'interrupted') {
    return { kind: 'interrupted', signal: 'SIGINT', message: `\`${name}\` was not made ready: interrupted` };
  }
  return {
    kind: 'environment-missing',
    tool: name,
    message: `the Python packages of \`${name}\` could not be installed (exit code ${ended.exitCode}):\n${ended.tail}`,
    hint: 'check that pip reaches its package index and that the disk has 1 GB free, then run the same command again',
  };
}
