import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActionOutput, ActionSpec, NeededOutput } from '../../engine/kind.ts';
import { fidelity } from '../../tasks/fidelity/task.ts';

const test = suite('the stages that fidelity compares');

type Attributes = ActionOutput['attributes'];

const CHUNK = { chunk: 1, chunks: 1, precision: 'fp16', soc: 'SM8650' } as const;

function needed(task: string, role: string, attributes: Attributes = {}): NeededOutput {
  return { action: task, task, output: { path: role, type: 'file', role, attributes } };
}

/** What the default pipeline's task needs, and this result of its benchmark. */
async function comparison(benchmark: Attributes): Promise<ActionSpec> {
  const expanded = await fidelity.expand({
    task: 'fidelity',
    matrix: {},
    with: {
      model: { name: 'm', weights: 'm.pth', tokenizer: 'byte', evaluation: 'text.txt' },
      probe: 'layers',
    },
    needs: [
      needed('export', 'weights'),
      needed('export', 'chunk-graph', CHUNK),
      needed('reference', 'reference-logits', { tokens: 24 }),
      needed('reference', 'reference-stream'),
      needed('host-tools', 'rwkv-run', { target: 'x86_64-linux' }),
      needed('probed-convert', 'lowered-graph', { ...CHUNK, probe: 'layers' }),
      needed('context', 'context', CHUNK),
      needed('probed-context', 'context', { ...CHUNK, probe: 'layers' }),
      needed('benchmark', 'result', benchmark),
    ],
    actionId: (name) => `fidelity/${name}`,
  });
  if (!expanded.ok) throw new Error(expanded.failure.message);
  const last = expanded.value.at(-1);
  assert.ok(last);
  return last as ActionSpec;
}

const takesBenchmark = ({ inputs, command }: ActionSpec): boolean =>
  command.includes('--benchmark') &&
  inputs.some(({ source }) => source.from === 'action' && source.action === 'benchmark');

test('are those of a device too, where the benchmark runs on one', async () => {
  assert.ok(takesBenchmark(await comparison({ emulated: false })));
});

test('have no benchmark among them on the emulator, which is a stage anyway: it is not run then', async () => {
  const { inputs } = await comparison({ emulated: true });
  assert.not.ok(inputs.some(({ source }) => source.from === 'action' && source.action === 'benchmark'));
});

test.run();
