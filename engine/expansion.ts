import type { ValidateFunction } from 'ajv';
import type { Action, ActionGraph } from './action-graph.ts';
import type { Failure, SourceLocation } from './failure.ts';
import type { ActionInput, ActionSpec, Kind, NeededOutput, TaskCell, Value } from './kind.ts';
import { agree, type MatrixPoint } from './matrix-cells.ts';
import { nearestName } from './nearest-name.ts';
import { PathIndex } from './path-index.ts';
import type { Pipeline, PipelineTask } from './pipeline-load.ts';
import { fail, ok, type Result } from './result.ts';
import { outputPath, runTaskSpec } from './run-task.ts';
import { type SchemaProblem, schemaProblems } from './schema-problem.ts';
import { limitedSpec } from './task-limits.ts';
import { taskOrder } from './task-order.ts';
import { type PlannedCell, type PlannedTask, planTasks, taskNeeds } from './task-planning.ts';

export interface ExpansionContext {
  readonly kinds: ReadonlyMap<string, Kind>;
  /** The strict schema of each kind's `with:`, compiled. */
  readonly parameters: ReadonlyMap<string, ValidateFunction>;
}

/** The cell of an expanded task with what it can hand to the tasks that need it. */
interface ExpandedCell {
  readonly point: MatrixPoint;
  readonly actions: readonly string[];
  readonly outputs: readonly NeededOutput[];
}

/**
 * Turns the tasks behind `targets` (names of targets or of tasks) into the graph of actions. A task that
 * needs another is joined with those of its cells that agree on every axis which both have.
 */
export async function expandPipeline(
  pipeline: Pipeline,
  targets: readonly string[],
  context: ExpansionContext,
): Promise<Result<ActionGraph, Failure>> {
  const wanted = resolveTargets(pipeline, targets);
  if (!wanted.ok) return wanted;
  const planned = planTasks(pipeline);
  if (!planned.ok) return planned;
  const needs = taskNeeds(planned.value);
  const order = taskOrder(wanted.value, (task) => needs.get(task) ?? []);
  if (!order.ok) {
    const first = order.failure.kind === 'task-cycle' ? order.failure.tasks[0] : undefined;
    return first === undefined
      ? order
      : fail({ ...order.failure, location: pipeline.source.locate(['tasks', first], 'key') });
  }

  const expander = new Expander(pipeline, context);
  for (const name of order.value) {
    const plan = planned.value.get(name);
    if (plan === undefined) throw new Error(`task ${name} was ordered but never planned`);
    const failure = await expander.addTask(plan, needs.get(name) ?? []);
    if (failure !== undefined) return fail(failure);
  }
  const wantedTasks = new Set(wanted.value);
  const requested = new Set(
    [...expander.actions.values()].filter((a) => wantedTasks.has(a.task)).map((a) => a.id),
  );
  return ok({ actions: reachable(expander.actions, requested), requested });
}

/** A kind may need a task and yet use nothing of it (fp16 needs no calibration): that is not built. */
function reachable(
  actions: ReadonlyMap<string, Action>,
  requested: ReadonlySet<string>,
): Map<string, Action> {
  const wanted = new Set(requested);
  // Every action comes after the ones that it depends on, so one walk backwards sees all of them.
  for (const action of [...actions.values()].reverse()) {
    if (wanted.has(action.id)) for (const dependency of action.dependencies) wanted.add(dependency);
  }
  return new Map([...actions].filter(([id]) => wanted.has(id)));
}

/** The tasks that the names stand for. */
export function resolveTargets(
  pipeline: Pipeline,
  names: readonly string[],
): Result<readonly string[], Failure> {
  const tasks: string[] = [];
  for (const name of names) {
    const target = pipeline.targets[name];
    if (target !== undefined) tasks.push(...target);
    else if (pipeline.tasks[name] !== undefined) tasks.push(name);
    else {
      const known = [...Object.keys(pipeline.targets), ...Object.keys(pipeline.tasks)];
      const nearest = nearestName(name, known);
      return fail({
        kind: 'unknown-name',
        what: 'target',
        name,
        message: `${pipeline.file} has no target or task \`${name}\``,
        hint: nearest === undefined ? `known: ${known.join(', ')}` : `did you mean \`${nearest}\`?`,
        ...(nearest === undefined ? {} : { nearest }),
      });
    }
  }
  return ok([...new Set(tasks)]);
}

/** Collects the actions of one task after another. */
class Expander {
  readonly actions = new Map<string, Action>();
  private readonly cells = new Map<string, ExpandedCell[]>();
  private readonly publishers = new Map<string, string>();
  private readonly pipeline: Pipeline;
  private readonly context: ExpansionContext;

  constructor(pipeline: Pipeline, context: ExpansionContext) {
    this.pipeline = pipeline;
    this.context = context;
  }

  async addTask({ task, cells }: PlannedTask, needs: readonly string[]): Promise<Failure | undefined> {
    const expanded: ExpandedCell[] = [];
    for (const cell of cells) {
      const before = needs.flatMap((name) =>
        (this.cells.get(name) ?? []).filter((other) => agree(cell.point, other.point)),
      );
      const needed = before.flatMap((other) => other.outputs);
      const specs =
        task.uses === undefined
          ? ok([this.runSpec(cell, needed)])
          : await this.kindSpecs(task, task.uses, cell, needed);
      if (!specs.ok) return specs.failure;
      // A kind takes what it needs as inputs; for a shell command `needs:` alone means "after".
      const after = task.uses === undefined ? before.flatMap((other) => other.actions) : [];
      const outputs: NeededOutput[] = [];
      for (const spec of specs.value) {
        const id = actionId(cell.id, spec.name);
        const failure = this.addAction(id, task, limitedSpec(spec, task.limits), after);
        if (failure !== undefined) return failure;
        for (const output of spec.outputs) outputs.push({ action: id, task: task.name, output });
      }
      const actions = specs.value.map((spec) => actionId(cell.id, spec.name));
      expanded.push({ point: cell.point, actions, outputs });
    }
    this.cells.set(task.name, expanded);
    return undefined;
  }

  private async kindSpecs(
    task: PipelineTask,
    uses: string,
    cell: PlannedCell,
    needs: readonly NeededOutput[],
  ): Promise<Result<readonly ActionSpec[], Failure>> {
    const kind = this.context.kinds.get(uses);
    if (kind === undefined) throw new Error(`kind ${uses} passed validation but is not registered`);
    const problem = this.parameterProblem(uses, cell.with);
    if (problem !== undefined) {
      const { path, message, hint } = problem;
      return fail({
        kind: 'invalid-value',
        message: `task \`${task.name}\`: \`${['with', ...path].join('.')}\`: ${message}`,
        location: this.pipeline.source.locate(['tasks', task.name, 'with', ...path], 'value'),
        ...(hint === undefined ? {} : { hint }),
      });
    }
    const taskCell: TaskCell = {
      task: task.name,
      matrix: cell.point,
      with: cell.with,
      needs,
      actionId: (name) => actionId(cell.id, name),
    };
    const specs = await kind.expand(taskCell);
    if (specs.ok || specs.failure.location !== undefined) return specs;
    return fail({ ...specs.failure, location: this.location(task, 'uses') });
  }

  /** The first thing that is wrong with a filled-in `with:`. */
  private parameterProblem(
    uses: string,
    parameters: Readonly<Record<string, Value>>,
  ): SchemaProblem | undefined {
    const validate = this.context.parameters.get(uses);
    if (validate === undefined || validate(parameters)) return undefined;
    return schemaProblems(validate.errors ?? [])[0];
  }

  private runSpec(cell: PlannedCell, needs: readonly NeededOutput[]): ActionSpec {
    const published = new PathIndex<{ readonly path: string; readonly need: NeededOutput }>();
    for (const need of needs) {
      const path = need.output.publish;
      if (path !== undefined) published.add(path, { path, need });
    }
    const inputs: ActionInput[] = [];
    for (const written of cell.inputs) {
      const taken = published.coveredBy(outputPath(written));
      let wholly = false;
      for (const { path, need } of taken) {
        const { action, output } = need;
        inputs.push({ at: path, source: { from: 'action', action, output: output.path } });
        wholly ||= outputPath(written) === path || written.startsWith(`${path}/`);
      }
      if (wholly) continue;
      // A folder or glob that takes in outputs of other tasks may hold nothing else.
      const optional = taken.length > 0;
      inputs.push({ at: outputPath(written), source: { from: 'project', path: written, optional } });
    }
    return runTaskSpec({ script: cell.script, inputs, outputs: cell.outputs });
  }

  private addAction(
    id: string,
    task: PipelineTask,
    spec: ActionSpec,
    after: readonly string[],
  ): Failure | undefined {
    if (this.actions.has(id)) throw new Error(`kind ${task.uses} made the action ${id} twice`);
    for (const output of spec.outputs) {
      if (output.publish === undefined) continue;
      const other = this.publishers.get(output.publish);
      if (other !== undefined) {
        return {
          kind: 'pipeline-invalid',
          message: `\`${other}\` and \`${id}\` would both write \`${output.publish}\``,
          hint: 'give one of them another output path, or put the axis into it: `${{ matrix.… }}`',
          location: this.location(task, 'outputs'),
        };
      }
      this.publishers.set(output.publish, id);
    }
    const dependencies = new Set(after);
    for (const { source } of spec.inputs) if (source.from === 'action') dependencies.add(source.action);
    for (const dependency of dependencies) {
      if (!this.actions.has(dependency))
        throw new Error(`${id} takes an output of ${dependency}, which is not made yet`);
    }
    this.actions.set(id, {
      id,
      task: task.name,
      spec,
      dependencies: [...dependencies],
      location: this.location(task, task.uses === undefined ? 'run' : 'uses'),
    });
    return undefined;
  }

  private location(task: PipelineTask, part: string): SourceLocation {
    return this.pipeline.source.locate(['tasks', task.name, part], 'value');
  }
}

const actionId = (cell: string, name: string): string => (name === '' ? cell : `${cell}/${name}`);
