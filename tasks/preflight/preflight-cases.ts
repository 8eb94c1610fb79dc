import type { Failure } from '../../engine/failure.ts';
import { agree, type MatrixPoint } from '../../engine/matrix-cells.ts';
import type { Pipeline } from '../../engine/pipeline-load.ts';
import { ok, type Result } from '../../engine/result.ts';
import { type PlannedCell, type PlannedTask, planTasks, taskNeeds } from '../../engine/task-planning.ts';
import { type ModelEntry, modelParameter } from '../model-entry.ts';
import { type PrecisionRecipe, precisionParameter } from '../precision-recipe.ts';

/** One context of a pipeline: a model in a precision for a SoC, cut into chunks. */
export interface PreflightCase {
  readonly model: ModelEntry;
  readonly soc: string;
  readonly precision: PrecisionRecipe;
  /** All that the pipeline knows. */
  readonly precisions: readonly PrecisionRecipe[];
  readonly chunks: number | 'auto';
  readonly externalEmbedding: boolean;
  readonly externalHead: boolean;
  /** Tokens of a prompt that a second graph of each chunk takes at once; 0: there is none. */
  readonly prefill: number;
  /** How many targets a model library is made for. */
  readonly libraries: number;
  /** The cells that make it, by what their actions' ids begin with. */
  readonly cells: { readonly export: string; readonly convert: string; readonly context: string };
  /** The task that says how many chunks there are. */
  readonly exportTask: string;
}

/** Every context that the tasks make, whether it can be made or not. */
export function preflightCases(
  pipeline: Pipeline,
  tasks: Iterable<string>,
): Result<readonly PreflightCase[], Failure> {
  const planned = planTasks(pipeline);
  if (!planned.ok) return planned;
  const needs = taskNeeds(planned.value);
  const search = new CellSearch(planned.value, needs);
  const precisions = Object.values(pipeline.precisions) as unknown as readonly PrecisionRecipe[];
  const cases: PreflightCase[] = [];
  for (const context of search.cellsOf(reached(tasks, needs), 'context-cache')) {
    for (const convert of search.needed(context, 'qnn-convert')) {
      for (const graph of search.needed(convert, 'export-onnx')) {
        const libraries = search
          .cellsOf(reached(tasks, needs), 'model-lib-compile')
          .filter(({ cell }) => agree(cell.point, convert.cell.point));
        cases.push(caseOf(context, convert, graph, { libraries: libraries.length, precisions }));
      }
    }
  }
  return ok(cases);
}

/** A cell with the task that it belongs to. */
interface FoundCell {
  readonly task: string;
  readonly cell: PlannedCell;
}

/** The tasks and everything that they need. */
function reached(
  tasks: Iterable<string>,
  needs: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const rest = [...tasks];
  for (let task = rest.pop(); task !== undefined; task = rest.pop()) {
    if (found.has(task)) continue;
    found.add(task);
    rest.push(...(needs.get(task) ?? []));
  }
  return found;
}

/** Finds cells of a kind, as expansion joins them: by the axes that both have. */
class CellSearch {
  private readonly planned: ReadonlyMap<string, PlannedTask>;
  private readonly needs: ReadonlyMap<string, readonly string[]>;

  constructor(planned: ReadonlyMap<string, PlannedTask>, needs: ReadonlyMap<string, readonly string[]>) {
    this.planned = planned;
    this.needs = needs;
  }

  cellsOf(tasks: Iterable<string>, kind: string): readonly FoundCell[] {
    return [...tasks].flatMap((name) => {
      const { task, cells } = this.planned.get(name) ?? { cells: [] };
      return task?.uses === kind ? cells.map((cell) => ({ task: name, cell })) : [];
    });
  }

  /** The cells of a kind that a cell's task needs and that agree with it. */
  needed({ task, cell }: FoundCell, kind: string): readonly FoundCell[] {
    const before = this.cellsOf(this.needs.get(task) ?? [], kind);
    return before.filter((other) => agree(cell.point, other.cell.point)).map((other) => joined(cell, other));
  }
}

/** What a cell of fewer axes is joined with keeps the values of the others. */
function joined(cell: PlannedCell, other: FoundCell): FoundCell {
  const point: MatrixPoint = { ...cell.point, ...other.cell.point };
  return { task: other.task, cell: { ...other.cell, point } };
}

function caseOf(
  context: FoundCell,
  convert: FoundCell,
  graph: FoundCell,
  { libraries, precisions }: Pick<PreflightCase, 'libraries' | 'precisions'>,
): PreflightCase {
  const { chunks, ext_embedding: embedding, ext_head: head, prefill } = graph.cell.with;
  return {
    model: modelParameter(graph.cell.with),
    soc: String(context.cell.with.soc),
    precision: precisionParameter(convert.cell.with),
    precisions,
    chunks: chunks === 'auto' ? 'auto' : Number(chunks ?? 1),
    externalEmbedding: embedding === true,
    externalHead: head === true,
    prefill: Number(prefill ?? 0),
    libraries,
    cells: { export: graph.cell.id, convert: convert.cell.id, context: context.cell.id },
    exportTask: graph.task,
  };
}
