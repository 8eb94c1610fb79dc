import type { ActionSpec, Attributes, Kind, NeededOutput } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { type ChunkGraphs, chunkGraphs } from '../chunk-graphs.ts';
import { requireFp16 } from '../fp16-requirement.ts';
import { artifactInput, neededOutputs } from '../needed-artifacts.ts';
import { findSoc, SOC_PARAMETER, SOCS, type Soc } from '../soc-table.ts';
import { COMPILER_OPTIONS, compilerArguments, hostTool, MEMORY_PER_DLC_BYTE } from './compiler-call.ts';

/**
 * The DLCs of a chunk → one HTP context binary for one SoC, by Qualcomm's compiler, with a JSON that says what is in
 * it. Several graphs share their weights, and the emulator gets a twin, see `loadable-contexts.ts`.
 */
export const contextCache: Kind = {
  name: 'context-cache',
  summary: 'the DLCs of a chunk → HTP context binary for a SoC',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['soc'],
    properties: {
      soc: SOC_PARAMETER,
      ...COMPILER_OPTIONS,
      socs: {
        type: 'object',
        description: 'Options for single SoCs, by name; they go before the ones above.',
        propertyNames: { enum: SOCS.map((soc) => soc.name) },
        additionalProperties: { type: 'object', additionalProperties: false, properties: COMPILER_OPTIONS },
      },
    },
  },

  async expand(cell) {
    const soc = findSoc(String(cell.with.soc));
    if (!soc.ok) return soc;
    const dlcs = neededOutputs(cell, 'dlc', 'qnn-convert');
    if (!dlcs.ok) return dlcs;
    const tool = hostTool(cell, 'qnn-context');
    if (!tool.ok) return tool;
    const own = (cell.with.socs as Readonly<Record<string, object>> | undefined)?.[soc.value.name];
    const options = { ...cell.with, ...own };
    const specs: ActionSpec[] = [];
    for (const graphs of chunkGraphs(dlcs.value)) {
      const { precision, fp16 } = graphs.attributes;
      const possible = requireFp16(soc.value, { precision: String(precision), fp16: fp16 === true });
      if (!possible.ok) return possible;
      const call = { soc: soc.value, graphs, tool: tool.value, options };
      if (graphs.inputs.length === 1) specs.push(contextSpec(call, { sharing: [], twin: '' }));
      else {
        specs.push(contextSpec(call, { sharing: ['--share-weights'], twin: '' }));
        specs.push(contextSpec(call, { sharing: [], twin: 'unshared' }));
      }
    }
    return ok(specs);
  },
};

interface ContextCall {
  readonly soc: Soc;
  readonly graphs: ChunkGraphs;
  readonly tool: NeededOutput;
  readonly options: Readonly<Record<string, unknown>>;
}

/** `twin` names the variant that only the emulator uses. */
function contextSpec(
  { soc, graphs, tool, options }: ContextCall,
  { sharing, twin }: { readonly sharing: readonly string[]; readonly twin: '' | 'unshared' },
): ActionSpec {
  const { model, precision } = graphs.attributes;
  const attributes: Attributes = { ...graphs.attributes, soc: soc.name, arch: soc.arch };
  const folder = [model, precision, soc.name, ...(twin === '' ? [] : [twin])].join('/');
  // What was made to be looked into stays in the store.
  const place = (extension: string): { publish?: string } =>
    attributes.probe === undefined ? { publish: `${folder}/${model}_${graphs.name}.${extension}` } : {};
  const role = twin === '' ? 'context' : 'emulator-context';
  return {
    name: twin === '' ? graphs.name : `${graphs.name}-${twin}`,
    command: [
      ...compilerArguments({ id: soc.id, dlcs: graphs.inputs, options }),
      ...sharing,
      ...['--output', 'context.bin', '--report', 'context.json'],
    ],
    environment: {},
    inputs: [artifactInput(tool, 'bin/qnn-context'), ...graphs.inputs],
    outputs: [
      { path: 'context.bin', type: 'file', role, attributes, ...place('bin') },
      { path: 'context.json', type: 'file', role: `${role}-report`, attributes, ...place('json') },
    ],
    tools: ['qnn'],
    properties: {},
    memoryPerInputByte: MEMORY_PER_DLC_BYTE,
  };
}
