import type { Kind } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { partName } from '../chunk-name.ts';
import { hostTool } from '../context-cache/compiler-call.ts';
import { MODEL_PARAMETER_SCHEMA, modelParameter } from '../model-entry.ts';
import { artifactInput, neededOutput, neededOutputs } from '../needed-artifacts.ts';
import { PYTHON_ENVIRONMENT, pythonCommand, pythonSources } from '../python-stage.ts';

const WRITE_PACK = 'tasks/pack/write_pack.py';

/** Contexts, tables, tokenizer and figures of a model → one file with their digests, which the runtime maps. */
export const pack: Kind = {
  name: 'pack',
  summary: 'contexts, tokenizer and figures → one file for the runtime',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: { model: MODEL_PARAMETER_SCHEMA },
  },

  async expand(cell) {
    const model = modelParameter(cell.with);
    const contexts = neededOutputs(cell, 'context', 'context-cache');
    if (!contexts.ok) return contexts;
    const weights = neededOutput(cell, 'weights', 'export-onnx');
    if (!weights.ok) return weights;
    const program = hostTool(cell, 'rwkv-pack');
    if (!program.ok) return program;
    const { precision, soc } = contexts.value[0]?.output.attributes ?? {};
    const attributes = { model: model.name, precision: String(precision), soc: String(soc) };
    const tables = cell.needs.filter(({ output }) => ['embedding', 'initial-state'].includes(output.role));
    return ok([
      {
        name: '',
        command: [
          ...pythonCommand(WRITE_PACK),
          ...['--rwkv-pack', 'bin/rwkv-pack', '--weights', 'weights', '--contexts', 'contexts'],
          ...['--tokenizer', model.tokenizer, '--model', attributes.model],
          ...['--precision', attributes.precision, '--soc', attributes.soc, '--output', 'model.rwkvpack'],
        ],
        environment: PYTHON_ENVIRONMENT,
        inputs: [
          ...pythonSources(WRITE_PACK),
          artifactInput(program.value, 'bin/rwkv-pack'),
          artifactInput(weights.value, 'weights'),
          ...contexts.value.map((context) =>
            artifactInput(context, `contexts/${model.name}_${partName(context.output.attributes)}.bin`),
          ),
          ...tables.map((table) => artifactInput(table, `contexts/${table.output.role}.f32`)),
        ],
        outputs: [
          {
            path: 'model.rwkvpack',
            type: 'file',
            role: 'pack',
            attributes,
            publish: `${model.name}/${attributes.precision}/${attributes.soc}/${model.name}.rwkvpack`,
          },
        ],
        tools: ['python'],
        properties: {},
      },
    ]);
  },
};
