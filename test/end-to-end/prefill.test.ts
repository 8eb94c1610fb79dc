import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('prefill graphs');

const FOLDER = 'out/rwkv7-austen/fp16/SM8650';
const SHORT = [
  ...['--precision', 'fp16', '--device', 'emulator', '--set', 'tokens=4', '--set', 'evaluation_tokens=37'],
] as const;

const project = await shippedTwin();
const built = await project.build(['all', 'runtime', '--set', 'prefill=16', ...SHORT]);
const size = (path: string): number => statSync(join(project.folder, path)).size;
const json = (path: string) => JSON.parse(project.read(path));

test('read a prompt on the emulator and say what stepping says, up to the noise of fp16', () => {
  assert.is(built.code, 0, built.stdout);
  const { evaluation, emulation, files } = json(`${FOLDER}/benchmark.json`);
  assert.is(evaluation.prefill.block_tokens, 16);
  assert.is(
    evaluation.prefill.compared,
    1 + 37 - 18,
    'after the first half, and after each step that followed',
  );
  assert.ok(evaluation.prefill.kl_mean < 1e-4, `${evaluation.prefill.kl_mean}`);
  assert.ok(evaluation.prefill.reference_kl_mean < 1e-4, `${evaluation.prefill.reference_kl_mean}`);
  assert.ok(evaluation.kl_mean < 1e-4);
  assert.is(emulation.prefill_tokens, 16);
  const context = 'models/rwkv7-austen/fp16/SM8650/unshared/rwkv7-austen_chunk1of2.bin';
  assert.ok(files.some(({ path }: { path: string }) => path === context));
});

test('keep one copy of the weights in the contexts for phones, and two in the emulator’s twins', () => {
  for (const name of ['rwkv7-austen_chunk1of2', 'rwkv7-austen_chunk2of2']) {
    const shared = json(`${FOLDER}/${name}.json`);
    const graphs = shared.graphs.map((graph: { name: string }) => graph.name);
    assert.equal(graphs.sort(), ['rwkv_decode', 'rwkv_prefill']);
    assert.ok(shared.shared_weight_bytes > 0);
    assert.is(json(`${FOLDER}/unshared/${name}.json`).shared_weight_bytes, 0);
    assert.ok(size(`${FOLDER}/${name}.bin`) < 0.6 * size(`${FOLDER}/unshared/${name}.bin`));
  }
});

test('are compiled from model libraries too, side by side in one context', async () => {
  const libraries = await qnnLibraries();
  const asked = ['--qnn-libs', libraries, '--tokenizer', 'byte', '--temperature', '0', '--tokens', '6'];
  const [library, context] = [
    ['out/rwkv7-austen/fp16/lib/x86_64-linux', '--soc-id', '57'],
    [`${FOLDER}/unshared`],
  ].map((model) =>
    spawnSync(
      join(project.folder, 'out/runtime/x86_64-linux/rwkv-run'),
      ['generate', ...model, ...asked, '--prompt', 'It is a truth universally'],
      { cwd: project.folder, encoding: 'utf8' },
    ),
  );
  assert.is(library?.status, 0, library?.stderr);
  assert.match(library?.stderr ?? '', '16 of them in blocks');
  assert.is(library?.stdout, context?.stdout);
});

test('leave the graphs for one token as they are without prefill', async () => {
  const plan = await project.run(['plan', 'library', '--precision', 'fp16']);
  assert.match(plan.stdout, 'nothing to run');
});

test.run();
