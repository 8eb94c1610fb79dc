import type { Failure } from '../../engine/failure.ts';
import type { ActionInput, ActionSpec, Kind, NeededOutput, TaskCell } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { graphName } from '../chunk-name.ts';
import { MODEL_PARAMETER_SCHEMA, type ModelEntry, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput, neededOutputs } from '../needed-artifacts.ts';
import {
  isHalves,
  isQuantised,
  needsFp16,
  needsInputs,
  PRECISION_PARAMETER_SCHEMA,
  type PrecisionRecipe,
  precisionParameter,
} from '../precision-recipe.ts';
import { PROBE_PARAMETER_SCHEMA, probeParameter } from '../probe-parameter.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';
import { recipeArguments, WeightParts } from './weight-parts.ts';

const CONVERT = 'tasks/qnn-convert/convert_graph.py';
const ENCODINGS_FORMATS = ['1.0.0', '0.6.1'] as const;

/** ONNX graph, weights and encodings → DLC, Qualcomm's container of a graph, which is the same for every SoC. */
export const qnnConvert: Kind = {
  name: 'qnn-convert',
  summary: 'ONNX graph + encodings → DLC',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'precision'],
    properties: {
      model: MODEL_PARAMETER_SCHEMA,
      precision: PRECISION_PARAMETER_SCHEMA,
      probe: PROBE_PARAMETER_SCHEMA,
      encodings_format: {
        enum: ENCODINGS_FORMATS,
        default: ENCODINGS_FORMATS[0],
        description:
          'The version of AIMET’s format in which the encodings of each DLC are written beside it.',
      },
    },
  },

  async expand(cell) {
    const graphs = neededOutputs(cell, 'chunk-graph', 'export-onnx');
    if (!graphs.ok) return graphs;
    const weights = neededOutput(cell, 'weights', 'export-onnx');
    if (!weights.ok) return weights;
    const model = modelParameter(cell.with);
    const recipe = precisionParameter(cell.with);
    const possible = checkRows(recipe, graphs.value);
    if (!possible.ok) return possible;
    const inputs = needsInputs(recipe) ? neededOutput(cell, 'linear-inputs', 'calibrate') : ok(undefined);
    if (!inputs.ok) return inputs;
    const encodings = isQuantised(recipe) ? encodingsInput(cell, model) : ok(undefined);
    if (!encodings.ok) return encodings;
    const given = model.encodings === undefined ? undefined : encodings.value;
    const sources = { weights: weights.value, inputs: inputs.value, encodings: given };
    const parts = isHalves(recipe) ? undefined : new WeightParts(cell, recipe, sources, model.layers);
    const chunks = graphs.value.map((graph) => chunkSpec(cell, graph, parts, encodings.value));
    return ok([...(parts?.specs ?? []), ...chunks]);
  },
};

/** The ranges of activations: the user's own, else what calibration saw. */
function encodingsInput(cell: TaskCell, { encodings }: ModelEntry): Result<ActionInput, Failure> {
  const at = 'encodings.json';
  if (encodings !== undefined) return ok({ at, source: { from: 'project', path: encodings } });
  const calibrated = neededOutput(cell, 'encodings', 'calibrate');
  return calibrated.ok ? ok(artifactInput(calibrated.value, at)) : calibrated;
}

function chunkSpec(
  cell: TaskCell,
  graph: NeededOutput,
  parts: WeightParts | undefined,
  encodings: ActionInput | undefined,
): ActionSpec {
  const model = modelParameter(cell.with);
  const recipe: PrecisionRecipe = precisionParameter(cell.with);
  const name = graphName(graph.output.attributes);
  const attributes = {
    model: model.name,
    precision: recipe.name,
    // All but the linears of a prefill stay floats, whatever the recipe.
    fp16: needsFp16(recipe) || Number(graph.output.attributes.tokens ?? 1) > 1,
    ...graph.output.attributes,
    ...(cell.with.probe === undefined ? {} : { probe: probeParameter(cell.with) }),
  };
  const format = String(cell.with.encodings_format ?? ENCODINGS_FORMATS[0]);
  const dlc = { path: 'graph.dlc', type: 'file', role: 'dlc' } as const;
  const used = { path: 'used.json', type: 'file', role: 'used-encodings' } as const;
  const base = `${model.name}/${recipe.name}/dlc/${model.name}_${name}`;
  return {
    name,
    command: [
      ...pythonCommand(CONVERT),
      ...['--graph', 'graph', ...(parts === undefined ? [] : ['--weights', 'quantised'])],
      ...recipeArguments(chunkRecipe(recipe)),
      ...(encodings === undefined ? [] : ['--encodings', encodings.at]),
      ...(encodings === undefined || attributes.probe !== undefined
        ? []
        : ['--used', 'used.json', '--used-version', format]),
      ...(attributes.probe === undefined ? [] : ['--probe', attributes.probe, '--lowered', 'lowered']),
      ...['--output', 'graph.dlc'],
    ],
    environment: PYTHON_ENVIRONMENT,
    inputs: [
      ...pythonSources(CONVERT),
      artifactInput(graph, 'graph'),
      ...(parts?.inputsOf(graph.output.attributes) ?? []),
      ...(encodings === undefined ? [] : [encodings]),
    ],
    outputs:
      attributes.probe === undefined
        ? [
            { ...dlc, attributes, publish: `${base}.dlc` },
            ...(encodings === undefined ? [] : [{ ...used, attributes, publish: `${base}.encodings.json` }]),
          ]
        : [
            { ...dlc, attributes },
            { path: 'lowered', type: 'directory', role: 'lowered-graph', attributes },
          ],
    tools: ['python'],
    properties: {},
  };
}

/**
 * Of so many rows, made by operations on floats, the HTP's integer linears read others than are meant, from the third
 * on; bench/graphs.md shows it. One more or less, and they do not.
 */
const MISREAD_ROWS = 16;

/** Refuses the graphs of several rows that cannot be right in a precision. */
function checkRows(recipe: PrecisionRecipe, graphs: readonly NeededOutput[]): Result<void, Failure> {
  const lengths = graphs
    .map(({ output }) => Number(output.attributes.tokens ?? 1))
    .filter((rows) => rows > 1);
  if (lengths.includes(MISREAD_ROWS) && isQuantised(recipe))
    return fail({
      kind: 'unsupported-combination',
      axis: 'prefill',
      message: `the HTP mixes up the tokens of graphs that take ${MISREAD_ROWS} at once in the precision ${recipe.name}`,
      hint: 'set `prefill: 32` or more, or take a precision without integers',
    });
  const sequences = graphs.map(({ output }) => Number(output.attributes.sequences ?? 1));
  if (sequences.includes(MISREAD_ROWS) && isQuantised(recipe))
    return fail({
      kind: 'unsupported-combination',
      axis: 'batch',
      message: `the HTP mixes up the sequences of graphs that take ${MISREAD_ROWS} at once in the precision ${recipe.name}`,
      hint: 'set `batch:` to another number, or take a precision without integers',
    });
  return ok(undefined);
}

/** What of a recipe a chunk goes by: how its weights came about is in the weights. */
function chunkRecipe(recipe: PrecisionRecipe): PrecisionRecipe {
  return { ...recipe, weights: {}, methods: {} };
}
