import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Emit } from './event.ts';
import type { Failure } from './failure.ts';
import type { Argument, Tool, ToolSurroundings } from './kind.ts';
import { fail, ok, type Result } from './result.ts';

/** The tools of one build: each is asked for its version once and made ready once, when first needed. */
export class ToolSet {
  private readonly tools: ReadonlyMap<string, Tool>;
  private readonly emit: Emit;
  private readonly versions = new Map<string, Promise<Result<string, Failure>>>();
  private readonly roots = new Map<string, Promise<Result<string, Failure>>>();

  constructor(tools: ReadonlyMap<string, Tool>, emit: Emit) {
    this.tools = tools;
    this.emit = emit;
  }

  /** The versions of these tools by name, for a fingerprint. */
  async versionsOf(names: readonly string[]): Promise<Result<ReadonlyMap<string, string>, Failure>> {
    const found = new Map<string, string>();
    for (const name of names) {
      let version = this.versions.get(name);
      if (version === undefined) {
        version = this.tool(name).version();
        this.versions.set(name, version);
      }
      const result = await version;
      if (!result.ok) return result;
      found.set(name, result.value);
    }
    return ok(found);
  }

  /** Makes the tools ready and returns the folder of each, by name. */
  async prepare(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Result<ReadonlyMap<string, string>, Failure>> {
    const found = new Map<string, string>();
    for (const name of names) {
      let root = this.roots.get(name);
      if (root === undefined) {
        root = this.prepareOne(name, signal);
        this.roots.set(name, root);
      }
      const result = await root;
      if (!result.ok) return result;
      found.set(name, result.value);
    }
    return ok(found);
  }

  /** What a strict sandbox must show of tools that are ready: each where it is called, and where it really lies. */
  async surroundings(roots: ReadonlyMap<string, string>): Promise<ToolSurroundings> {
    const reads: string[] = [];
    const writes: string[] = [];
    for (const [name, root] of roots) {
      const more = await this.tool(name).surroundings?.();
      reads.push(root, realpathSync(root), ...(more?.reads ?? []));
      writes.push(...(more?.writes ?? []));
    }
    return { reads: [...new Set(reads)], writes: [...new Set(writes)] };
  }

  private async prepareOne(name: string, signal: AbortSignal): Promise<Result<string, Failure>> {
    const start = performance.now();
    let announced = false;
    const seconds = (): number => (performance.now() - start) / 1000;
    const result = await this.tool(name).prepare((detail) => {
      this.emit({
        type: 'tool',
        name,
        phase: announced ? 'progress' : 'preparing',
        detail,
        seconds: seconds(),
      });
      announced = true;
    }, signal);
    // A tool that was there already is not worth a line.
    if (!result.ok)
      this.emit({ type: 'tool', name, phase: 'failed', detail: result.failure.message, seconds: seconds() });
    else if (announced) this.emit({ type: 'tool', name, phase: 'ready', detail: '', seconds: seconds() });
    return result.ok ? result : fail(result.failure);
  }

  private tool(name: string): Tool {
    const tool = this.tools.get(name);
    if (tool === undefined) throw new Error(`no tool is called ${name}`);
    return tool;
  }
}

/** The text of an argument on this machine. */
export function localText(argument: Argument, roots: ReadonlyMap<string, string>): string {
  if (typeof argument === 'string') return argument;
  const root = roots.get(argument.tool);
  if (root === undefined) throw new Error(`the tool ${argument.tool} is used without being declared`);
  return join(root, argument.path);
}
