import type { ActionSpec, Kind, NeededOutput } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { chunkName } from '../chunk-name.ts';
import { requireFp16 } from '../fp16-requirement.ts';
import { artifactInput, neededOutputs } from '../needed-artifacts.ts';
import { findSoc, SOCS, type Soc } from '../soc-table.ts';
import { COMPILER_OPTIONS, compilerArguments, hostTool } from './compiler-call.ts';

/** DLC → HTP context binary for one SoC, by Qualcomm's compiler, with a JSON that says what is in it. */
export const contextCache: Kind = {
  name: 'context-cache',
  summary: 'DLC → HTP context binary for a SoC',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['soc'],
    properties: {
      soc: { type: 'string', description: `The SoC: ${SOCS.map((soc) => soc.name).join(', ')}.` },
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
    for (const dlc of dlcs.value) {
      const { precision, fp16 } = dlc.output.attributes;
      const possible = requireFp16(soc.value, { precision: String(precision), fp16: fp16 === true });
      if (!possible.ok) return possible;
      specs.push(contextSpec(soc.value, dlc, tool.value, options));
    }
    return ok(specs);
  },
};

function contextSpec(
  soc: Soc,
  dlc: NeededOutput,
  tool: NeededOutput,
  options: Readonly<Record<string, unknown>>,
): ActionSpec {
  const { model, precision, chunk, chunks } = dlc.output.attributes;
  const name = chunkName(Number(chunk), Number(chunks));
  const attributes = { ...dlc.output.attributes, soc: soc.name, arch: soc.arch };
  const base = `${model}/${precision}/${soc.name}/${model}_${name}`;
  return {
    name,
    command: [
      ...compilerArguments({ id: soc.id, options }),
      ...['--output', 'context.bin', '--report', 'context.json'],
    ],
    environment: {},
    inputs: [artifactInput(tool, 'bin/qnn-context'), artifactInput(dlc, 'graph.dlc')],
    outputs: [
      { path: 'context.bin', type: 'file', role: 'context', attributes, publish: `${base}.bin` },
      { path: 'context.json', type: 'file', role: 'context-report', attributes, publish: `${base}.json` },
    ],
    tools: ['qnn'],
    properties: {},
  };
}
