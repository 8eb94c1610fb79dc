import type { ActionSpec, Kind, NeededOutput, TaskCell } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { type ChunkGraphs, chunkGraphs } from '../chunk-graphs.ts';
import {
  COMPILER_OPTIONS,
  compilerArguments,
  hostTool,
  MEMORY_PER_DLC_BYTE,
} from '../context-cache/compiler-call.ts';
import { artifactInput, neededOutputs } from '../needed-artifacts.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';
import { findSoc, SOC_PARAMETER, type Soc } from '../soc-table.ts';
import { type CostProxy, proxyFor } from './cost-proxy.ts';

const ADD_UP = 'tasks/predict-speed/add_costs.py';

/**
 * DLCs → what Qualcomm's cost model says that a call of their graphs takes. It knows no phone: each DLC is compiled for
 * a proxy of the SoC's HTP generation, and SoCs with the same proxy share that.
 */
export const predictSpeed: Kind = {
  name: 'predict-speed',
  summary: 'DLC → predicted time and memory traffic of a call, on a proxy for the SoC',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['soc'],
    properties: {
      soc: SOC_PARAMETER,
      ...COMPILER_OPTIONS,
    },
  },

  async expand(cell) {
    const soc = findSoc(String(cell.with.soc));
    if (!soc.ok) return soc;
    const dlcs = neededOutputs(cell, 'dlc', 'qnn-convert');
    if (!dlcs.ok) return dlcs;
    const tool = hostTool(cell, 'qnn-context');
    if (!tool.ok) return tool;
    const proxy = proxyFor(soc.value);
    const chunks = chunkGraphs(dlcs.value);
    const specs = chunks.map((graphs) => chunkSpec(graphs, tool.value, proxy, cell.with));
    return ok([...specs, sumSpec(cell, chunks, soc.value, proxy)]);
  },
};

function chunkSpec(
  graphs: ChunkGraphs,
  tool: NeededOutput,
  proxy: CostProxy,
  options: TaskCell['with'],
): ActionSpec {
  return {
    name: graphs.name,
    command: [
      ...compilerArguments({ id: proxy.id, dlcs: graphs.inputs, options }),
      ...['--report', 'cost.json'],
    ],
    environment: {},
    inputs: [artifactInput(tool, 'bin/qnn-context'), ...graphs.inputs],
    outputs: [{ path: 'cost.json', type: 'file', role: 'cost-report', attributes: graphs.attributes }],
    tools: ['qnn'],
    properties: {},
    memoryPerInputByte: MEMORY_PER_DLC_BYTE,
  };
}

function sumSpec(cell: TaskCell, chunks: readonly ChunkGraphs[], soc: Soc, proxy: CostProxy): ActionSpec {
  const { model, precision } = chunks[0]?.attributes ?? {};
  const names = chunks.map(({ name }) => name);
  const attributes = { model: String(model), precision: String(precision), soc: soc.name };
  return {
    name: '',
    command: [
      ...pythonCommand(ADD_UP),
      ...['--model', attributes.model, '--precision', attributes.precision, '--soc', soc.name],
      ...['--proxy', proxy.name, '--output', 'predicted.json'],
      ...names.map((name) => `reports/${name}.json`),
    ],
    environment: PYTHON_ENVIRONMENT,
    inputs: [
      ...pythonSources(ADD_UP),
      ...names.map((name) => ({
        at: `reports/${name}.json`,
        source: { from: 'action', action: cell.actionId(name), output: 'cost.json' } as const,
      })),
    ],
    outputs: [
      {
        path: 'predicted.json',
        type: 'file',
        role: 'predicted',
        attributes,
        publish: `${model}/${precision}/${soc.name}/predicted.json`,
        reported: true,
      },
    ],
    tools: ['python'],
    properties: {},
  };
}
