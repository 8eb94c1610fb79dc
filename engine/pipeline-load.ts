import { dirname, resolve } from 'node:path';
import type { ValidateFunction } from 'ajv';
import type { Failure } from './failure.ts';
import type { Value } from './kind.ts';
import { nearestName } from './nearest-name.ts';
import type { WrittenMatrix } from './parameter-matrix.ts';
import { PIPELINE_VERSION } from './pipeline-schema.ts';
import { PipelineSource } from './pipeline-source.ts';
import { fail, ok, type Result } from './result.ts';
import type { SandboxLevel } from './sandbox.ts';
import { schemaProblems } from './schema-problem.ts';
import { type TaskLimits, taskLimits, type WrittenLimits } from './task-limits.ts';

export interface PipelineTask {
  readonly name: string;
  readonly uses?: string;
  /** With its expressions. */
  readonly with: Record<string, Value>;
  readonly run?: string;
  readonly needs: string[];
  readonly matrix: Record<string, Value>;
  readonly inputs: string[];
  readonly outputs: string[];
  readonly limits: TaskLimits;
  readonly description?: string;
}

/** A pipeline file that makes sense as far as can be told without asking the kinds. */
export interface Pipeline {
  /** As it was given. */
  readonly file: string;
  /** The absolute folder that paths in it are relative to. */
  readonly folder: string;
  // These records have no prototype: a task that is called `constructor` is one like any other.
  readonly params: Record<string, Value>;
  readonly models: Record<string, Value>;
  readonly precisions: Record<string, Value>;
  readonly matrices: Record<string, WrittenMatrix>;
  readonly tasks: Record<string, PipelineTask>;
  readonly targets: Record<string, string[]>;
  readonly sandbox?: SandboxLevel;
  readonly source: PipelineSource;
}

type Path = readonly (string | number)[];
type Complain = (path: Path, part: 'key' | 'value', message: string, hint?: string) => void;

/**
 * Reads a pipeline file and checks it: syntax, `validate` (Ajv with `VALIDATOR_OPTIONS` and `pipelineSchema`),
 * and the names that it uses. Fails with everything that is wrong, in the order of the file; each failure is a
 * `pipeline-invalid`, with its place unless the file cannot be read at all.
 */
export async function loadPipeline(
  file: string,
  validate: ValidateFunction,
): Promise<Result<Pipeline, readonly Failure[]>> {
  const source = await PipelineSource.read(file);
  return source.ok ? checkPipeline(source.value, validate) : source;
}

/** `loadPipeline` of text that has been read and parsed. */
export function checkPipeline(
  source: PipelineSource,
  validate: ValidateFunction,
): Result<Pipeline, readonly Failure[]> {
  const value = source.value();
  if (!value.ok) return value;
  const failures: Failure[] = [];
  const complain: Complain = (path, part, message, hint) => {
    const location = source.locate(path, part);
    failures.push({ kind: 'pipeline-invalid', message, location, ...(hint === undefined ? {} : { hint }) });
  };
  if (checkVersion(source, value.value, complain)) {
    if (!validate(value.value)) {
      for (const problem of schemaProblems(validate.errors ?? [])) {
        complain(indexed(problem.path), problem.part, problem.message, problem.hint);
      }
    } else {
      const pipeline = pipelineOf(source, value.value as unknown as PipelineFile);
      checkTasks(pipeline, complain);
      checkTargets(pipeline, complain);
      if (failures.length === 0) return ok(pipeline);
    }
  }
  return fail(failures.sort((a, b) => place(a) - place(b)));
}

/** What the schema makes sure of. */
interface PipelineFile {
  readonly params?: Record<string, Value>;
  readonly models?: Record<string, Value>;
  readonly precisions?: Record<string, Value>;
  readonly matrices?: Record<string, WrittenMatrix>;
  readonly tasks: Record<string, TaskInFile>;
  readonly targets?: Record<string, string[]>;
  readonly sandbox?: SandboxLevel;
}

interface TaskInFile extends WrittenLimits {
  readonly uses?: string;
  readonly with?: Record<string, Value>;
  readonly run?: string;
  readonly needs?: string | string[];
  readonly matrix?: Record<string, Value>;
  readonly inputs?: string[];
  readonly outputs?: string[];
  readonly description?: string;
}

/** A file of another version would break the schema in many places that say nothing. */
function checkVersion(source: PipelineSource, value: Value, complain: Complain): boolean {
  const hint = `A pipeline begins with \`version: ${PIPELINE_VERSION}\` and a map of \`tasks\`; \`rwkv-build init\` makes one.`;
  if (value === null) {
    complain([], 'value', `${source.file} is empty`, hint);
    return false;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    complain([], 'value', `expected a map of keys such as \`version\` and \`tasks\``, hint);
    return false;
  }
  const { version } = value as { readonly version?: Value };
  if (version === PIPELINE_VERSION) return true;
  if (version === undefined) {
    const near = nearestName('version', Object.keys(value));
    if (near !== undefined) {
      complain([near], 'key', `unknown key \`${near}\`; did you mean \`version\`?`);
    } else {
      complain(
        [],
        'value',
        'the key `version` is missing',
        `Begin the file with \`version: ${PIPELINE_VERSION}\`.`,
      );
    }
  } else if (typeof version === 'number' && Number.isInteger(version) && version > PIPELINE_VERSION) {
    complain(
      ['version'],
      'value',
      `this file was made for a newer rwkv-build: its format is version ${version}, this program reads version ${PIPELINE_VERSION}`,
      'Update rwkv-build.',
    );
  } else {
    complain(['version'], 'value', `expected \`version: ${PIPELINE_VERSION}\``);
  }
  return false;
}

function pipelineOf(source: PipelineSource, file: PipelineFile): Pipeline {
  const tasks = bare<PipelineTask>();
  for (const [name, task] of Object.entries(file.tasks)) {
    tasks[name] = {
      name,
      ...(task.uses === undefined ? {} : { uses: task.uses }),
      with: task.with ?? {},
      ...(task.run === undefined ? {} : { run: task.run }),
      needs: [task.needs ?? []].flat(),
      matrix: task.matrix ?? {},
      inputs: task.inputs ?? [],
      outputs: task.outputs ?? [],
      limits: taskLimits(task),
      ...(task.description === undefined ? {} : { description: task.description }),
    };
  }
  return {
    file: source.file,
    folder: dirname(resolve(source.file)),
    params: Object.assign(bare<Value>(), file.params),
    models: Object.assign(bare<Value>(), file.models),
    precisions: Object.assign(bare<Value>(), file.precisions),
    matrices: Object.assign(bare<WrittenMatrix>(), file.matrices),
    tasks,
    targets: Object.assign(bare<string[]>(), file.targets),
    ...(file.sandbox === undefined ? {} : { sandbox: file.sandbox }),
    source,
  };
}

function bare<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function checkTasks(pipeline: Pipeline, complain: Complain): void {
  for (const task of Object.values(pipeline.tasks)) {
    const at = ['tasks', task.name];
    if (task.uses === undefined && task.run === undefined) {
      complain(
        at,
        'key',
        `task \`${task.name}\` does nothing`,
        'Give it `uses`, the name of a kind, or `run`, a command.',
      );
    }
    if (task.uses !== undefined && task.run !== undefined) {
      complain(
        [...at, 'run'],
        'key',
        `task \`${task.name}\` has both \`uses\` and \`run\``,
        'Make two tasks of it.',
      );
    }
    const out = task.uses === undefined ? (['with'] as const) : (['inputs', 'outputs'] as const);
    for (const key of out) {
      if (Object.keys(task[key]).length === 0) continue;
      const reason =
        key === 'with' ? '`with` goes with `uses`' : `\`${key}\` goes with \`run\`; a kind knows its own`;
      complain([...at, key], 'key', `task \`${task.name}\` cannot have \`${key}\`: ${reason}`);
    }
    if (task.uses !== undefined && task.limits.reach !== undefined) {
      complain([...at, 'reach'], 'key', `task \`${task.name}\` cannot have \`reach\`: a kind knows its own`);
    }
    for (const [index, need] of task.needs.entries()) {
      const path = [...at, 'needs', index];
      if (need === task.name) complain(path, 'value', `task \`${task.name}\` needs itself`);
      else if (pipeline.tasks[need] === undefined) unknownTask(pipeline, need, path, complain);
    }
  }
}

function checkTargets(pipeline: Pipeline, complain: Complain): void {
  for (const [name, tasks] of Object.entries(pipeline.targets)) {
    if (pipeline.tasks[name] !== undefined) {
      complain(['targets', name], 'key', `\`${name}\` is both a task and a target`, 'Rename one of them.');
    }
    for (const [index, task] of tasks.entries()) {
      if (pipeline.tasks[task] === undefined) unknownTask(pipeline, task, ['targets', name, index], complain);
    }
  }
}

function unknownTask(pipeline: Pipeline, name: string, path: Path, complain: Complain): void {
  const known = Object.keys(pipeline.tasks);
  const nearest = nearestName(name, known);
  if (nearest !== undefined) complain(path, 'value', `no task \`${name}\`; did you mean \`${nearest}\`?`);
  else
    complain(path, 'value', `no task \`${name}\``, `There is ${known.map((it) => `\`${it}\``).join(', ')}.`);
}

/** A JSON pointer doesn't tell the index of a list from a key; in a map, `locate` takes either. */
function indexed(path: readonly string[]): Path {
  return path.map((name) => (/^\d+$/.test(name) ? Number(name) : name));
}

function place(failure: Failure): number {
  const { line = 0, column = 0 } = failure.location ?? {};
  return line * 10_000 + column;
}
