import { isInnerPath } from '../cache/artifact.ts';
import { evaluate } from './expression.ts';
import type { Failure } from './failure.ts';
import type { Value } from './kind.ts';
import { type MatrixPoint, matrixCells } from './matrix-cells.ts';
import { PathIndex } from './path-index.ts';
import type { Pipeline, PipelineTask } from './pipeline-load.ts';
import { fail, ok, type Result } from './result.ts';
import { outputPath } from './run-task.ts';

/** A task at one point of its matrix, before its kind has been asked. */
export interface PlannedCell {
  readonly point: MatrixPoint;
  readonly id: string;
  readonly with: Readonly<Record<string, Value>>;
  readonly script: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface PlannedTask {
  readonly task: PipelineTask;
  readonly cells: readonly PlannedCell[];
}

/** Fills in the expressions of every task at every point of its matrix. */
export function planTasks(pipeline: Pipeline): Result<ReadonlyMap<string, PlannedTask>, Failure> {
  const planned = new Map<string, PlannedTask>();
  for (const task of Object.values(pipeline.tasks)) {
    const cells = planCells(pipeline, task);
    if (!cells.ok) {
      return fail({
        ...cells.failure,
        location: cells.failure.location ?? pipeline.source.locate(['tasks', task.name], 'key'),
      });
    }
    planned.set(task.name, { task, cells: cells.value });
  }
  return ok(planned);
}

function planCells(pipeline: Pipeline, task: PipelineTask): Result<readonly PlannedCell[], Failure> {
  const { params, models, precisions } = pipeline;
  const fill = (part: string, value: Value, matrix: MatrixPoint): Result<Value, Failure> => {
    const filled = evaluate(value, { params, models, precisions, matrix });
    if (filled.ok) return filled;
    return fail({
      kind: 'pipeline-invalid',
      message: `task \`${task.name}\`: ${filled.failure}`,
      location: pipeline.source.locate(['tasks', task.name, part], 'value'),
    });
  };
  const matrix = fill('matrix', task.matrix, {});
  if (!matrix.ok) return matrix;
  const points = matrixCells(`task \`${task.name}\``, matrix.value as Record<string, Value>);
  if (!points.ok) return points;

  const cells: PlannedCell[] = [];
  for (const point of points.value) {
    const parameters = fill('with', task.with, point);
    if (!parameters.ok) return parameters;
    const script = fill('run', task.run ?? '', point);
    if (!script.ok) return script;
    const inputs = fill('inputs', task.inputs, point);
    if (!inputs.ok) return inputs;
    const outputs = fill('outputs', task.outputs, point);
    if (!outputs.ok) return outputs;
    for (const [part, paths] of [
      ['inputs', inputs.value],
      ['outputs', outputs.value],
    ] as const) {
      const outside = (paths as readonly Value[]).map(String).find((path) => !isInnerPath(outputPath(path)));
      if (outside !== undefined) return fail(outsideFailure(pipeline, task, part, outside));
    }
    cells.push({
      point,
      id: [task.name, ...Object.values(point)].join('/'),
      with: parameters.value as Record<string, Value>,
      script: String(script.value),
      inputs: (inputs.value as readonly Value[]).map(String),
      outputs: (outputs.value as readonly Value[]).map(String),
    });
  }
  return ok(cells);
}

/** A shell task works in a folder of its own, where a path that leads out of it means nothing. */
function outsideFailure(pipeline: Pipeline, task: PipelineTask, part: string, path: string): Failure {
  return {
    kind: 'pipeline-invalid',
    message: `task \`${task.name}\`: \`${path}\` is not a path inside the folder of the pipeline file`,
    hint:
      part === 'inputs'
        ? 'copy or link the file into that folder, and name it relative to the pipeline file'
        : 'name a path relative to the pipeline file, without `..`; it will appear under `out/`',
    location: pipeline.source.locate(['tasks', task.name, part], 'value'),
  };
}

/** What each task waits for: what it says in `needs:`, and the tasks whose outputs are its inputs. */
export function taskNeeds(planned: ReadonlyMap<string, PlannedTask>): ReadonlyMap<string, readonly string[]> {
  const writers = new PathIndex<string>();
  for (const { task, cells } of planned.values()) {
    for (const cell of cells) for (const path of cell.outputs) writers.add(outputPath(path), task.name);
  }
  const needs = new Map<string, readonly string[]>();
  for (const { task, cells } of planned.values()) {
    const found = new Set(task.needs);
    for (const input of cells.flatMap((cell) => cell.inputs)) {
      for (const writer of writers.coveredBy(outputPath(input))) {
        if (writer !== task.name) found.add(writer);
      }
    }
    needs.set(task.name, [...found]);
  }
  return needs;
}
