import { basename } from 'node:path';
import type { ActionInput, ActionOutput, ActionSpec, Kind, TaskCell } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { graphName, HEAD } from '../chunk-name.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import type { ChooseChunks } from '../preflight/auto-chunks.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const WRITE_WEIGHTS = 'tasks/export-onnx/write_weights.py';
const WRITE_GRAPH = 'tasks/export-onnx/write_graph.py';
const WRITE_STATE = 'tasks/export-onnx/write_state.py';
const WRITE_EMBEDDING = 'tasks/export-onnx/write_embedding.py';
/** Whole blocks, see `token_blocks.py`. */
const PREFILL_LENGTHS = [0, 8, 16, 32, 64, 128] as const;

const MOST_SEQUENCES = 64;

/**
 * Weights → a file per layer, then the graphs of each chunk over them: for one token, and for several of a prompt or
 * of other sequences when asked; the head may have graphs of its own. The weights' action does not know of chunks, so another chunk count writes no weights again; a graph's
 * folder holds just its own layers.
 */
export const exportOnnx = (chooseChunks: ChooseChunks): Kind => ({
  name: 'export-onnx',
  summary: 'weights → the ONNX graphs of each chunk',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: {
      model: MODEL_PARAMETER_SCHEMA,
      chunks: {
        anyOf: [{ type: 'integer', minimum: 1, maximum: 64 }, { const: 'auto' }],
        default: 1,
        description:
          'Into how many graphs the layers are split. A big model needs several, because the compiler limits the size of one; `auto` takes as few as fit on all SoCs of the pipeline.',
      },
      ext_embedding: {
        type: 'boolean',
        default: false,
        description: 'Leave the embedding table out of the graph: the runtime looks tokens up itself.',
      },
      ext_head: {
        type: 'boolean',
        default: false,
        description:
          'Put the head into a context of its own, `MODEL_head.bin`: the runtime runs it only where logits are wanted, and it takes no room in the last chunk.',
      },
      batch: {
        type: 'integer',
        minimum: 1,
        maximum: MOST_SEQUENCES,
        default: 1,
        description:
          'Of how many sequences another graph of each chunk takes a token each at once; 1: there is none.',
      },
      prefill: {
        enum: PREFILL_LENGTHS,
        default: 0,
        description:
          'How many tokens of a prompt a second graph of each chunk reads at once; 0: there is none, prompts are read token by token. Where anything is quantised it cannot be 16.',
      },
    },
  },

  async expand(cell) {
    const model = modelParameter(cell.with);
    const chosen =
      cell.with.chunks === 'auto' ? await chooseChunks(model) : ok(Number(cell.with.chunks ?? 1));
    if (!chosen.ok) return chosen;
    const chunks = chosen.value;
    const external = cell.with.ext_embedding === true;
    const eps = model.groupNormEps;
    // Under its own name, so that an error about it names the file that the user knows.
    const weightsFile = `from/${basename(model.weights)}`;
    const stateFile = model.state === undefined ? undefined : `state/${basename(model.state)}`;

    const weights: ActionSpec = {
      name: 'weights',
      command: [
        ...pythonCommand(WRITE_WEIGHTS),
        '--weights',
        weightsFile,
        ...(eps === undefined ? [] : ['--group-norm-eps', String(eps)]),
        ...(stateFile === undefined ? [] : ['--state', stateFile]),
        '--output',
        'weights',
      ],
      environment: PYTHON_ENVIRONMENT,
      inputs: [
        ...pythonSources(WRITE_WEIGHTS),
        ...[model.weights, ...model.shards].map(
          (path): ActionInput => ({ at: `from/${basename(path)}`, source: { from: 'project', path } }),
        ),
        ...(stateFile === undefined || model.state === undefined
          ? []
          : [{ at: stateFile, source: { from: 'project', path: model.state } } as const]),
      ],
      outputs: [directory('weights', 'weights', {}, undefined)],
      tools: ['python'],
      properties: {},
    };
    const weightsInput = {
      at: 'weights',
      source: { from: 'action', action: cell.actionId('weights'), output: 'weights' },
    } as const;

    const graphs = graphForms(cell.with, chunks).map((form): ActionSpec => {
      const name = graphName(form);
      return {
        name,
        command: [
          ...pythonCommand(WRITE_GRAPH),
          ...['--weights', 'weights', ...formArguments(form), ...(external ? ['--ext-embedding'] : [])],
          ...['--output', 'graph'],
        ],
        environment: PYTHON_ENVIRONMENT,
        inputs: [...pythonSources(WRITE_GRAPH), weightsInput],
        outputs: [directory('graph', 'chunk-graph', form, `${model.name}/onnx/${name}`)],
        tools: ['python'],
        properties: {},
      };
    });

    // Always made: only the weights tell whether the model has one. Most have none, and the file is empty.
    const state: ActionSpec = {
      name: 'initial-state',
      command: [...pythonCommand(WRITE_STATE), '--weights', 'weights', '--output', 'initial-state.f32'],
      environment: PYTHON_ENVIRONMENT,
      inputs: [...pythonSources(WRITE_STATE), weightsInput],
      outputs: [
        {
          path: 'initial-state.f32',
          type: 'file',
          role: 'initial-state',
          attributes: {},
          publish: `${model.name}/initial-state.f32`,
        },
      ],
      tools: ['python'],
      properties: {},
    };
    const embedding: ActionSpec = {
      name: 'embedding',
      command: [...pythonCommand(WRITE_EMBEDDING), '--weights', 'weights', '--output', 'embedding.f32'],
      environment: PYTHON_ENVIRONMENT,
      inputs: [...pythonSources(WRITE_EMBEDDING), weightsInput],
      outputs: [
        {
          path: 'embedding.f32',
          type: 'file',
          role: 'embedding',
          attributes: {},
          publish: `${model.name}/embedding.f32`,
        },
      ],
      tools: ['python'],
      properties: {},
    };
    return ok([weights, ...graphs, state, ...(external ? [embedding] : [])]);
  },
});

/** A graph of a chunk, or of the head. */
type GraphForm = Readonly<{
  chunk: number | typeof HEAD;
  chunks: number;
  tokens: number;
  sequences: number;
  /** The last chunk leaves it to a graph of its own. */
  ext_head: boolean;
}>;

/** Every graph: of each chunk for one token, for those of a prompt, for a batch; of the head as well. */
function graphForms(parameters: TaskCell['with'], chunks: number): readonly GraphForm[] {
  const [prefill, batch] = [Number(parameters.prefill ?? 0), Number(parameters.batch ?? 1)];
  const outside = parameters.ext_head === true;
  const step = { tokens: 1, sequences: 1 };
  const several = batch > 1 ? [{ tokens: 1, sequences: batch }] : [];
  const forms = [step, ...(prefill > 0 ? [{ tokens: prefill, sequences: 1 }] : []), ...several];
  const ofChunks = Array.from({ length: chunks }, (_, index) => index + 1).flatMap((chunk) =>
    forms.map((form) => ({ chunk, chunks, ...form, ext_head: outside && chunk === chunks })),
  );
  // Of a prompt it takes the last token alone, as of one.
  const ofHead = [step, ...several].map(
    (form) => ({ chunk: HEAD, chunks, ...form, ext_head: false }) as const,
  );
  return outside ? [...ofChunks, ...ofHead] : ofChunks;
}

/** How `write_graph.py` is told. */
function formArguments({
  chunk,
  chunks,
  tokens,
  sequences,
  ext_head: outside,
}: GraphForm): readonly string[] {
  return [
    ...(chunk === HEAD ? ['--head'] : ['--chunk', String(chunk), '--chunks', String(chunks)]),
    ...(tokens === 1 ? [] : ['--tokens', String(tokens)]),
    ...(sequences === 1 ? [] : ['--sequences', String(sequences)]),
    ...(outside ? ['--ext-head'] : []),
  ];
}

function directory(
  path: string,
  role: string,
  attributes: ActionOutput['attributes'],
  publish: string | undefined,
): ActionOutput {
  return { path, type: 'directory', role, attributes, ...(publish === undefined ? {} : { publish }) };
}
