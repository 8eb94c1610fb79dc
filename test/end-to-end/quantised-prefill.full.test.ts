import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import { type Project, REPOSITORY } from '../rig/project.ts';
import { shippedTwin } from '../rig/shipped-project.ts';
import { stagePython } from '../rig/stage-environment.ts';

const test = suite(
  'a prefill of 64 on integers, in two chunks with the embedding outside, from a tuned state',
);

const VERSIONS = ['5', '6', '7'] as const;
const KL_BOUNDS = { steps: 5e-4, reference: 2e-3 } as const;
/** A block of the first half and then the same again with what follows it, token by token. */
const TOKENS = 129;

/** The shipped models, whose heads start from a state that is not zero. */
async function writeTunedModels(project: Project): Promise<void> {
  const script = [
    'from pathlib import Path',
    'import numpy as np',
    'from container_writers import write_safetensors_file',
    'from rwkv.safetensors_reader import SafetensorsFile',
    `for version in ${VERSIONS.join(', ')}:`,
    "    file = SafetensorsFile(Path(f'models/rwkv{version}-austen/model.safetensors'))",
    '    tensors = {name: file.read(name) for name in file.names()}',
    '    width = tensors["blocks.0.ln1.weight"].shape[0]',
    '    random = np.random.default_rng(5)',
    '    for layer in range(4):',
    '        state = 0.3 * random.standard_normal((width // 64, 64, 64))',
    "        tensors[f'blocks.{layer}.att.time_state'] = state.astype(np.float32)",
    "    write_safetensors_file(Path(f'tuned{version}.safetensors'), tensors)",
  ].join('\n');
  const made = spawnSync(await stagePython(), ['-c', script], {
    cwd: project.folder,
    env: { PYTHONPATH: ['tasks', 'test/python'].map((path) => join(REPOSITORY, path)).join(':') },
    encoding: 'utf8',
  });
  assert.is(made.status, 0, made.stderr);
}

test('says there what steps say, and both what the fp32 reference says', async () => {
  const project = await shippedTwin();
  await writeTunedModels(project);
  const models = VERSIONS.map((version) => `tuned${version}`);
  const files = models.map((model) => `${model}.safetensors`).join(',');
  const built = await project.build([
    ...['benchmark', '--model', files, '--precision', 'a16w8', '--device', 'emulator', '--set', 'prefill=64'],
    ...['--set', 'ext_embedding=true', '--set', 'tokens=1', '--set', `evaluation_tokens=${TOKENS}`],
  ]);
  assert.is(built.code, 0, built.stdout + built.stderr);
  for (const model of models) {
    const result = JSON.parse(project.read(`out/${model}/a16w8/SM8650/benchmark.json`)) as BenchmarkResult;
    const { kl_mean, prefill } = result.evaluation;
    assert.ok(prefill !== undefined && prefill.block_tokens >= 64, `${model} read no block`);
    assert.ok(prefill.kl_mean < KL_BOUNDS.steps, `${model}: KL(steps ‖ blocks) ${prefill.kl_mean}`);
    for (const found of [kl_mean, prefill.reference_kl_mean]) {
      assert.ok(found < KL_BOUNDS.reference, `${model}: KL(reference ‖ …) ${found}`);
    }
  }
});

test.run();
