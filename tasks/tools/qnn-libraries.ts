import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../../engine/failure.ts';
import type { Tool, ToolSurroundings } from '../../engine/kind.ts';
import { ok, type Result } from '../../engine/result.ts';
import type { PythonPackages } from './python-packages.ts';

/**
 * Qualcomm's libraries for this machine, which lie in the Python environment. Their version is that of their
 * own package, so that a new numpy does not build every context again.
 */
export class QnnLibraries implements Tool {
  readonly name = 'qnn';
  private readonly environment: PythonPackages;
  private readonly requirements: string;
  private folder: string | undefined;

  constructor(environment: PythonPackages, packageRoot: string) {
    this.environment = environment;
    this.requirements = join(packageRoot, 'tasks', 'requirements.txt');
  }

  async version(): Promise<Result<string, Failure>> {
    const pin = /^onnxruntime-qnn==\S+/m.exec(await readFile(this.requirements, 'utf8'));
    if (pin === null) throw new Error(`${this.requirements} does not pin onnxruntime-qnn`);
    return ok(`${pin[0]} ${process.platform} ${process.arch}`);
  }

  async prepare(progress: (line: string) => void, signal: AbortSignal): Promise<Result<string, Failure>> {
    const folder = await this.environment.prepare(progress, signal);
    this.folder = folder.ok ? folder.value : undefined;
    // The real place, because what stands beside the folder is asked for by `..`.
    return folder.ok ? ok(await realpath(join(folder.value, 'qnn'))) : folder;
  }

  /** They find others in the environment that they lie in. */
  async surroundings(): Promise<ToolSurroundings> {
    if (this.folder === undefined) return { reads: [], writes: [] };
    const { reads } = await this.environment.surroundings();
    return { reads: [...reads, this.folder, await realpath(this.folder)], writes: [] };
  }
}
