import { extname } from 'node:path';
import type { Failure } from '../../engine/failure.ts';
import type { ActionInput, ActionSpec, Argument, Kind, NeededOutput, TaskCell } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { graphName, partName } from '../chunk-name.ts';
import { hostTool } from '../context-cache/compiler-call.ts';
import { withTwins } from '../loadable-contexts.ts';
import { MODEL_PARAMETER_SCHEMA, type ModelEntry, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput, neededOutputs } from '../needed-artifacts.ts';
import { PROBE_PARAMETER_SCHEMA, probeParameter } from '../probe-parameter.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const ON_CPU = 'tasks/fidelity/run_on_cpu.py';
const ON_HTP = 'tasks/fidelity/run_on_htp.py';
const COMPARE = 'tasks/fidelity/compare_stages.py';

/** The stages that run here, in the order of the way of data, and what runs them. */
const STAGES = ['onnx', 'lowered', 'emulator'] as const;

const TIME_LIMIT_SECONDS = 12 * 3600;

/** What everything about one cell is made of. */
interface Subject {
  readonly cell: TaskCell;
  readonly model: ModelEntry;
  readonly probe: string;
  readonly tokens: string;
  readonly weights: NeededOutput;
  readonly outside: boolean;
}

/**
 * Every stage of a built model, held to the fp32 reference over a text: how far predictions are from it, and the first
 * layer that departs. The stages: the graph in fp32 on the CPU, as it was converted on the CPU, its contexts on the HTP
 * emulator, and what the benchmark found on a device.
 */
export const fidelity: Kind = {
  name: 'fidelity',
  summary: 'each stage of a built model against the fp32 reference → a `verified` record',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: {
      model: MODEL_PARAMETER_SCHEMA,
      probe: PROBE_PARAMETER_SCHEMA,
      kl_bound: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 0.01,
        description: 'The mean divergence from the reference, in nats, up to which a stage counts as right.',
      },
      layer_bound: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 0.1,
        description: 'The relative error from which on a layer is said to depart.',
      },
    },
  },

  async expand(cell) {
    const weights = neededOutput(cell, 'weights', 'export-onnx');
    if (!weights.ok) return weights;
    const reference = neededOutput(cell, 'reference-logits', 'reference-logits');
    if (!reference.ok) return reference;
    const stream = neededOutput(cell, 'reference-stream', 'reference-logits');
    if (!stream.ok) return stream;
    const program = hostTool(cell, 'rwkv-run');
    if (!program.ok) return program;
    const floats = stepping(neededOutputs(cell, 'chunk-graph', 'export-onnx'));
    if (!floats.ok) return floats;
    const lowered = stepping(neededOutputs(cell, 'lowered-graph', 'qnn-convert` with a `probe'));
    if (!lowered.ok) return lowered;
    const contexts = contextsOf(cell, undefined);
    if (!contexts.ok) return contexts;
    const probe = probeParameter(cell.with);
    const probed = contextsOf(cell, probe);
    if (!probed.ok) return probed;

    const subject: Subject = {
      cell,
      model: modelParameter(cell.with),
      probe,
      tokens: String(reference.value.output.attributes.tokens),
      weights: weights.value,
      outside: cell.needs.some(({ output }) => output.role === 'embedding'),
    };
    // On the emulator it says nothing that the stage of the emulator does not say.
    const benchmark = cell.needs.find(
      ({ output }) => output.role === 'result' && output.attributes.emulated === false,
    );
    return ok([
      onCpu('onnx', subject, floats.value),
      onCpu('lowered', subject, lowered.value),
      onHtp('emulator', subject, program.value, loadable(cell, contexts.value)),
      onHtp('emulator-probed', subject, program.value, loadable(cell, probed.value)),
      comparison(subject, reference.value, stream.value, contexts.value, benchmark),
    ]);
  },
};

/** Of the graphs those that take one token: what others say is compared with theirs by the benchmark. */
function stepping(
  graphs: Result<readonly NeededOutput[], Failure>,
): Result<readonly NeededOutput[], Failure> {
  if (!graphs.ok) return graphs;
  return ok(
    graphs.value.filter(({ output }) => graphName(output.attributes) === partName(output.attributes)),
  );
}

/** What of these contexts the emulator can load: their unshared twins, where weights are shared. */
function loadable(cell: TaskCell, contexts: readonly NeededOutput[]): readonly NeededOutput[] {
  const twins = cell.needs.filter(({ output }) => output.role === 'emulator-context');
  return withTwins(contexts, twins);
}

/** The contexts among the needs that were made with this probe, or the real ones. */
function contextsOf(cell: TaskCell, probe: string | undefined): Result<readonly NeededOutput[], Failure> {
  const contexts = neededOutputs(cell, 'context', 'context-cache');
  if (!contexts.ok) return contexts;
  const found = contexts.value.filter(({ output }) => output.attributes.probe === probe);
  if (found.length > 0) return ok(found);
  return fail({
    kind: 'pipeline-invalid',
    message: `task \`${cell.task}\` needs contexts ${probe === undefined ? 'without a probe' : `with the probe ${probe}`}`,
    hint: 'it needs two tasks that use `context-cache`: of a `qnn-convert` with the same `probe`, and of one without',
  });
}

/** The part of a stage's command that every stage has. */
function textArguments({ model, tokens }: Subject): readonly Argument[] {
  return [
    '--weights',
    'weights',
    '--text',
    textName(model),
    '--tokenizer',
    model.tokenizer,
    '--tokens',
    tokens,
  ];
}

function textInputs({ model, weights }: Subject): readonly ActionInput[] {
  return [
    artifactInput(weights, 'weights'),
    { at: textName(model), source: { from: 'project', path: model.evaluation } },
  ];
}

/** Under its own extension: a `.json` or `.npy` lists tokens. */
const textName = ({ evaluation }: ModelEntry): string => `text${extname(evaluation)}`;

function onCpu(name: string, subject: Subject, graphs: readonly NeededOutput[]): ActionSpec {
  const folders = graphs.map((graph) => `graphs/${nameOf(graph)}`);
  return {
    name,
    command: [
      ...pythonCommand(ON_CPU),
      ...textArguments(subject),
      ...['--probe', subject.probe, '--output', 'found', ...folders],
    ],
    environment: PYTHON_ENVIRONMENT,
    inputs: [
      ...pythonSources(ON_CPU),
      ...textInputs(subject),
      ...graphs.map((graph) => artifactInput(graph, `graphs/${nameOf(graph)}`)),
    ],
    outputs: [{ path: 'found', type: 'directory', role: 'stage-results', attributes: {} }],
    tools: ['python'],
    properties: {},
    timeLimitSeconds: TIME_LIMIT_SECONDS,
  };
}

function onHtp(
  name: string,
  subject: Subject,
  program: NeededOutput,
  contexts: readonly NeededOutput[],
): ActionSpec {
  const files = contexts.map((context) => `contexts/model_${nameOf(context)}.bin`);
  return {
    name,
    command: [
      ...pythonCommand(ON_HTP),
      ...['--program', 'bin/rwkv-run', '--qnn-libs', { tool: 'qnn', path: '.' }],
      ...['--context', files[0] ?? '', '--embedding', subject.outside ? 'outside' : 'inside'],
      ...textArguments(subject),
      ...['--output', 'found'],
    ],
    environment: PYTHON_ENVIRONMENT,
    inputs: [
      ...pythonSources(ON_HTP),
      ...textInputs(subject),
      artifactInput(program, 'bin/rwkv-run'),
      ...contexts.map((context, index) => artifactInput(context, files[index] ?? '')),
    ],
    outputs: [{ path: 'found', type: 'directory', role: 'stage-results', attributes: {} }],
    tools: ['python', 'qnn'],
    properties: {},
    timeLimitSeconds: TIME_LIMIT_SECONDS,
  };
}

function comparison(
  subject: Subject,
  reference: NeededOutput,
  stream: NeededOutput,
  contexts: readonly NeededOutput[],
  benchmark: NeededOutput | undefined,
): ActionSpec {
  const { cell, model, probe } = subject;
  const { precision, soc } = contexts[0]?.output.attributes ?? {};
  const facts = { model: model.name, precision: String(precision), soc: String(soc) };
  const bound = (name: string, otherwise: number): string => String(cell.with[name] ?? otherwise);
  const artifacts = contexts.map((context) => `compared/${model.name}_${nameOf(context)}.bin`);
  const results = [...STAGES, 'emulator-probed'];
  const record = probe === 'layers' ? 'verified' : `layer${probe}`;
  return {
    name: '',
    command: [
      ...pythonCommand(COMPARE),
      ...['--facts', JSON.stringify(facts), '--probe', probe],
      ...textArguments(subject),
      ...['--reference', 'compared/reference.f32', '--stream', 'stream.f32'],
      ...STAGES.flatMap((stage) => [
        ...['--stage', stage, `stages/${stage}`],
        stage === 'emulator' ? 'stages/emulator-probed' : `stages/${stage}`,
      ]),
      ...(benchmark === undefined ? [] : ['--benchmark', 'benchmark.json']),
      ...artifacts.flatMap((path) => ['--artifact', path]),
      ...['--kl-bound', bound('kl_bound', 0.01), '--layer-bound', bound('layer_bound', 0.1)],
      ...['--output', 'verified.json'],
    ],
    environment: PYTHON_ENVIRONMENT,
    inputs: [
      ...pythonSources(COMPARE),
      ...textInputs(subject),
      artifactInput(reference, 'compared/reference.f32'),
      artifactInput(stream, 'stream.f32'),
      ...results.map((stage) => ({
        at: `stages/${stage}`,
        source: { from: 'action', action: cell.actionId(stage), output: 'found' } as const,
      })),
      ...contexts.map((context, index) => artifactInput(context, artifacts[index] ?? '')),
      ...(benchmark === undefined ? [] : [artifactInput(benchmark, 'benchmark.json')]),
    ],
    outputs: [
      {
        path: 'verified.json',
        type: 'file',
        role: 'verified',
        attributes: facts,
        publish: `${model.name}/${precision}/${soc}/${record}.json`,
        reported: true,
      },
    ],
    tools: ['python'],
    properties: {},
  };
}

function nameOf({ output }: NeededOutput): string {
  return partName(output.attributes);
}
