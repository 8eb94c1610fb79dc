import type { ActionSpec, Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { chunkName } from '../chunk-name.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput, neededOutputs } from '../needed-artifacts.ts';
import { PRECISIONS } from '../precision-table.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const CONVERT = 'tasks/qnn-convert/convert_graph.py';

/** ONNX graph and encodings → DLC, Qualcomm's container of a graph, which is the same for every SoC. */
export const qnnConvert: Kind = {
  name: 'qnn-convert',
  summary: 'ONNX graph + encodings → DLC',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'precision'],
    properties: {
      model: MODEL_PARAMETER_SCHEMA,
      precision: {
        enum: Object.keys(PRECISIONS),
        description:
          '`fp16`; `a16w8`: 16-bit activations and 8-bit weights in the linear layers; `a16w8-int`: everywhere, for an HTP without fp16.',
      },
    },
  },

  async expand(cell) {
    const graphs = neededOutputs(cell, 'chunk-graph', 'export-onnx');
    if (!graphs.ok) return graphs;
    const model = modelParameter(cell.with);
    const precision = String(cell.with.precision) as keyof typeof PRECISIONS;
    const { quantised } = PRECISIONS[precision];
    const encodings = quantised ? neededOutput(cell, 'encodings', 'calibrate') : undefined;
    if (encodings !== undefined && !encodings.ok) return encodings;
    return ok(
      graphs.value.map((graph): ActionSpec => {
        const { chunk, chunks } = graph.output.attributes;
        const name = chunkName(Number(chunk), Number(chunks));
        return {
          name,
          command: [
            ...pythonCommand(CONVERT),
            ...['--graph', 'graph', '--precision', precision],
            ...(encodings === undefined ? [] : ['--encodings', 'encodings.json']),
            ...['--output', 'graph.dlc'],
          ],
          environment: PYTHON_ENVIRONMENT,
          inputs: [
            ...pythonSources(CONVERT),
            artifactInput(graph, 'graph'),
            ...(encodings === undefined ? [] : [artifactInput(encodings.value, 'encodings.json')]),
          ],
          outputs: [
            {
              path: 'graph.dlc',
              type: 'file',
              role: 'dlc',
              attributes: { model: model.name, precision, ...graph.output.attributes },
              publish: `${model.name}/${precision}/dlc/${model.name}_${name}.dlc`,
            },
          ],
          tools: ['python'],
          properties: {},
        };
      }),
    );
  },
};
