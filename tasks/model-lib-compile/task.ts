import type { ActionSpec, Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { graphName } from '../chunk-name.ts';
import { neededOutputs } from '../needed-artifacts.ts';
import { compilerFor, TARGETS, type Target } from '../tools/native-compilers.ts';

const SOURCE = 'runtime-native/model-library/model_library.c';

/** DLC → a shared library with Qualcomm's model-library ABI: a fixed C file around the DLC's bytes. */
export const modelLibCompile: Kind = {
  name: 'model-lib-compile',
  summary: "DLC → lib<model>_chunkIofN.so with Qualcomm's model-library ABI",
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['target'],
    properties: {
      target: { enum: TARGETS, description: 'The machine that the library is for.' },
    },
  },

  async expand(cell) {
    const dlcs = neededOutputs(cell, 'dlc', 'qnn-convert');
    if (!dlcs.ok) return dlcs;
    const target = String(cell.with.target) as Target;
    const compiler = await compilerFor(target);
    return ok(
      dlcs.value.map((dlc): ActionSpec => {
        const { model, precision } = dlc.output.attributes;
        const name = graphName(dlc.output.attributes);
        return {
          name,
          command: [
            ...compiler.c,
            ...['-std=c11', '-O2', '-fPIC', '-shared', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
            ...['-DRWKV_DLC_FILE="graph.dlc"', SOURCE, '-o', 'library.so', '-ldl', ...compiler.linkFlags],
          ],
          environment: compiler.environment,
          inputs: [
            { at: SOURCE, source: { from: 'package', path: SOURCE } },
            { at: 'graph.dlc', source: { from: 'action', action: dlc.action, output: dlc.output.path } },
          ],
          outputs: [
            {
              path: 'library.so',
              type: 'file',
              role: 'model-library',
              attributes: { ...dlc.output.attributes, target },
              publish: `${model}/${precision}/lib/${target}/lib${model}_${name}.so`,
            },
          ],
          tools: [compiler.tool],
          properties: {},
        };
      }),
    );
  },
};
