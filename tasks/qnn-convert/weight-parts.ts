import type {
  ActionInput,
  ActionOutput,
  ActionSpec,
  Attributes,
  NeededOutput,
  TaskCell,
} from '../../engine/kind.ts';
import { HEAD } from '../chunk-name.ts';
import { artifactInput } from '../needed-artifacts.ts';
import type { PrecisionRecipe } from '../precision-recipe.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const RESOLVE = 'tasks/qnn-convert/resolve_recipe.py';
const QUANTISE = 'tasks/qnn-convert/quantise_part.py';

/** What a precision's weights are made of. */
export interface WeightSources {
  readonly weights: NeededOutput;
  /** What the linears were applied to in calibration, where a method goes by it. */
  readonly inputs: NeededOutput | undefined;
  /** The user's own encodings, whose scales are taken. */
  readonly encodings: ActionInput | undefined;
}

/** A piece of the weights that is quantised by an action of its own. */
interface Part {
  readonly name: string;
  /** Its plan in the folder `plan`; all plans when the layers are not known. */
  readonly plan: ActionOutput;
}

/**
 * The actions that make a precision's weights: one holds the recipe against the model and writes a plan for each
 * part, then one for each part: the embedding, every layer, the head. No chunk is known to them. A part whose
 * plan stays the same is not made again.
 */
export class WeightParts {
  readonly specs: readonly ActionSpec[];
  private readonly cell: TaskCell;
  private readonly layers: number | undefined;

  constructor(cell: TaskCell, recipe: PrecisionRecipe, sources: WeightSources, layers: number | undefined) {
    this.cell = cell;
    this.layers = layers;
    const parts = partsOf(layers);
    const plan: ActionSpec = {
      name: 'plan',
      command: [
        ...pythonCommand(RESOLVE),
        ...['--weights', 'weights', '--precision', recipe.name, ...recipeArguments(recipe)],
        ...['--output', 'plan'],
      ],
      environment: PYTHON_ENVIRONMENT,
      inputs: [...pythonSources(RESOLVE), artifactInput(sources.weights, 'weights')],
      outputs: parts.map((part) => part.plan),
      tools: ['python'],
      properties: {},
    };
    this.specs = [plan, ...parts.map((part) => partSpec(cell, part, sources))];
  }

  /** The inputs of a graph: the parts that it is built of, under `quantised`. */
  inputsOf(graph: Attributes): readonly ActionInput[] {
    return graphParts(this.layers, graph).map((part) => ({
      at: `quantised/${part}`,
      source: { from: 'action', action: this.cell.actionId(`weights-${part}`), output: 'quantised' },
    }));
  }
}

/** How a recipe is handed to the stages. Its name is not: what it makes is the same under any. */
export function recipeArguments({ name: _, ...recipe }: PrecisionRecipe): readonly string[] {
  return ['--recipe', JSON.stringify(recipe)];
}

function partSpec(cell: TaskCell, part: Part, { weights, inputs, encodings }: WeightSources): ActionSpec {
  return {
    name: `weights-${part.name}`,
    command: [
      ...pythonCommand(QUANTISE),
      ...['--weights', 'weights', '--plan', 'plan'],
      ...(inputs === undefined ? [] : ['--inputs', 'inputs']),
      ...(encodings === undefined ? [] : ['--encodings', encodings.at]),
      ...['--output', 'quantised'],
    ],
    environment: PYTHON_ENVIRONMENT,
    inputs: [
      ...pythonSources(QUANTISE),
      artifactInput(weights, 'weights'),
      {
        at: part.plan.path,
        source: { from: 'action', action: cell.actionId('plan'), output: part.plan.path },
      },
      ...(inputs === undefined ? [] : [artifactInput(inputs, 'inputs')]),
      ...(encodings === undefined ? [] : [encodings]),
    ],
    outputs: [{ path: 'quantised', type: 'directory', role: 'quantised-weights', attributes: {} }],
    tools: ['python'],
    properties: {},
  };
}

/** As `quantisation_plan.py` names them. */
function partsOf(layers: number | undefined): readonly Part[] {
  const plan = { role: 'weights-plan', attributes: {} };
  if (layers === undefined) return [{ name: 'all', plan: { ...plan, path: 'plan', type: 'directory' } }];
  return ['embedding', ...blocks(0, layers), 'head'].map((name) => ({
    name,
    plan: { ...plan, path: `plan/${name}.json`, type: 'file' },
  }));
}

/** The split is that of `chunk_span.py`. */
function graphParts(layers: number | undefined, graph: Attributes): readonly string[] {
  if (layers === undefined) return ['all'];
  if (graph.chunk === HEAD) return ['head'];
  const [chunk, chunks] = [Number(graph.chunk), Number(graph.chunks)];
  const first = Math.floor(((chunk - 1) * layers) / chunks);
  const last = Math.floor((chunk * layers) / chunks);
  return [
    ...(chunk === 1 ? ['embedding'] : []),
    ...blocks(first, last),
    ...(chunk === chunks && graph.ext_head !== true ? ['head'] : []),
  ];
}

function blocks(first: number, last: number): readonly string[] {
  return Array.from(
    { length: last - first },
    (_, index) => `block-${String(first + index).padStart(2, '0')}`,
  );
}
