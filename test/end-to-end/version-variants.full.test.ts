import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Project } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';
import { runStageScript } from '../rig/stage-script.ts';

const test = suite('every version of RWKV on the HTP emulator');

const SHORT = [
  ...['--precision', 'fp16', '--device', 'emulator', '--set', 'tokens=2', '--set', 'evaluation_tokens=8'],
] as const;

/** Random weights spread further than trained ones, whose bound is 1e-4. */
const KL_BOUND = 1e-3;

async function writeModel(project: Project, version: string): Promise<void> {
  const sizes = ['--layers', '2', '--embd', '128', '--vocab', '256'];
  const made = await project.run([
    ...['synth', '--arch', `v${version}`, ...sizes, '-o', `v${version}.safetensors`],
  ]);
  assert.is(made.code, 0, made.stderr);
}

function divergence(project: Project, model: string): number {
  const { evaluation } = JSON.parse(project.read(`out/${model}/fp16/SM8650/benchmark.json`));
  assert.is(evaluation.tokens, 8);
  return evaluation.kl_mean;
}

/** An RWKV-6 whose heads start from a state. */
async function writeTunedModel(project: Project): Promise<void> {
  await runStageScript(project.folder, [
    'from pathlib import Path',
    'import numpy as np',
    'from container_writers import write_safetensors_file',
    'from rwkv.synthetic_checkpoint import ModelSizes',
    'from version_models import make_tensors',
    "tensors = make_tensors('6', ModelSizes(2, 128, 64, 256))",
    'random = np.random.default_rng(5)',
    'for layer in range(2):',
    "    tensors[f'blocks.{layer}.att.time_state'] = random.standard_normal((2, 64, 64)).astype(np.float32)",
    "write_safetensors_file(Path('tuned.safetensors'), tensors)",
  ]);
}

test('5.2, 6, 6 from a tuned state and 7a say there what the fp32 reference says', async () => {
  const { project } = await shippedBuild();
  for (const version of ['5.2', '6', '7a']) await writeModel(project, version);
  await writeTunedModel(project);
  const models = ['v5.2', 'v6', 'tuned', 'v7a'];
  const files = models.map((model) => `${model}.safetensors`).join(',');
  const built = await project.build(['all', '--model', files, ...SHORT]);
  assert.is(built.code, 0, built.stdout + built.stderr);
  for (const model of models) {
    const found = divergence(project, model);
    assert.ok(found < KL_BOUND, `${model}: KL ${found}`);
  }
});

test('7a takes its deep embeddings from the table outside of the graph', async () => {
  const { project } = await shippedBuild();
  await writeModel(project, '7a');
  const built = await project.build([
    ...['all', '--model', 'v7a.safetensors', '--set', 'ext_embedding=true', ...SHORT],
  ]);
  assert.is(built.code, 0, built.stdout + built.stderr);
  assert.ok(divergence(project, 'v7a') < KL_BOUND);
});

test.run();
