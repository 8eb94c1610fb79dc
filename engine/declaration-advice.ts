import type { Action } from './action-graph.ts';
import type { SourceLocation } from './failure.ts';
import type { PipelineSource } from './pipeline-source.ts';
import { outputPath } from './run-task.ts';

/** The part of a pipeline file that tasks are written in, as far as it matters here. */
interface WrittenTask {
  readonly uses?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
}

/** What a task lacks and where to write it. */
export interface Advice {
  readonly hint: string;
  readonly location: SourceLocation;
}

/**
 * The pipeline file as it stands, for saying what to write into it. It is read when something went wrong and
 * not before: a build from a remembered graph has no parsed file.
 */
export class DeclarationAdvice {
  private readonly action: Action;
  private readonly source: PipelineSource | undefined;
  private readonly tasks: Readonly<Record<string, WrittenTask>>;

  private constructor(
    action: Action,
    source: PipelineSource | undefined,
    tasks: Readonly<Record<string, WrittenTask>>,
  ) {
    this.action = action;
    this.source = source;
    this.tasks = tasks;
  }

  static async read(action: Action): Promise<DeclarationAdvice> {
    // Loaded only where something went wrong: a parser of YAML takes a while to start.
    const { PipelineSource } = await import('./pipeline-source.ts');
    const source = await PipelineSource.read(action.location.file);
    // It may have been edited since the build began.
    if (!source.ok) return new DeclarationAdvice(action, undefined, {});
    const value = source.value.value();
    const { tasks } = ((value.ok ? value.value : null) ?? {}) as { tasks?: Record<string, WrittenTask> };
    return new DeclarationAdvice(action, source.value, tasks ?? {});
  }

  /** The kind of the task, which knows its own inputs and outputs; undefined for a shell task. */
  get kind(): string | undefined {
    return this.tasks[this.action.task]?.uses;
  }

  /** The task that has a path as an output, as it is written. */
  writerOf(path: string): string | undefined {
    for (const [name, { outputs }] of Object.entries(this.tasks)) {
      if (Array.isArray(outputs) && outputs.some((output) => outputPath(String(output)) === path))
        return name;
    }
    return undefined;
  }

  /** How to declare paths: the lines to add, and the place to add them at. */
  toDeclare(part: 'inputs' | 'outputs', paths: readonly string[]): Advice {
    const { task, location } = this.action;
    const kind = this.kind;
    if (kind !== undefined) {
      return { hint: `the kind \`${kind}\` declares its own ${part}: this is a mistake in it`, location };
    }
    const present = Array.isArray(this.tasks[task]?.[part]);
    const at = this.source?.locate(['tasks', task, part], 'key') ?? location;
    const place = `${at.file}:${at.line}`;
    const items = paths.map(yamlText);
    if (!present)
      return { hint: `add \`${part}: [${items.join(', ')}]\` to task \`${task}\`, ${place}`, location: at };
    const listed = this.source?.locate(['tasks', task, part], 'value');
    const inBrackets = listed?.excerpt.slice(listed.column - 1).startsWith('[') === true;
    const lines = items.map((item) => (inBrackets ? `\`${item}\`` : `\`- ${item}\``));
    return { hint: `add ${lines.join(', ')} to \`${part}:\` of task \`${task}\`, ${place}`, location: at };
  }
}

/** A path as it has to stand in a list of the file, inside brackets or not. */
function yamlText(path: string): string {
  return /^[\w./+@-]*[\w/]$/.test(path) && !path.startsWith('@') && !path.startsWith('-')
    ? path
    : JSON.stringify(path);
}
