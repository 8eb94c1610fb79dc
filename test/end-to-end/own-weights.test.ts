import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REPOSITORY } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';
import { runStageScript } from '../rig/stage-script.ts';

const test = suite('weights of one’s own');

/** Enough to see that it works; the main job's test looks at the whole text. */
const SHORT = [
  ...['--precision', 'fp16', '--device', 'emulator', '--set', 'tokens=8', '--set', 'evaluation_tokens=16'],
] as const;

const SHIPPED = join(REPOSITORY, 'models', 'rwkv7-austen', 'model.safetensors');

test('go all the way to text by --model, under the name of their file', async () => {
  const { project } = await shippedBuild();
  copyFileSync(SHIPPED, join(project.folder, 'mine.safetensors'));
  const built = await project.build(['all', '--model', 'mine.safetensors', ...SHORT]);
  assert.is(built.code, 0, built.stdout);
  const result = JSON.parse(project.read('out/mine/fp16/SM8650/benchmark.json'));
  assert.is(result.model, 'mine');
  assert.ok(result.evaluation.kl_mean < 1e-4);
});

test('go all the way to text from a .pth with the vocabulary of real models', async () => {
  const { project } = await shippedBuild();
  await runStageScript(project.folder, [
    'from pathlib import Path',
    'from container_writers import write_pth',
    'from synthetic_weights import make_rwkv7',
    "write_pth(Path('world.pth'), make_rwkv7(layers=2, heads=2, head_size=64, vocab=65536))",
  ]);
  const built = await project.build(['all', '--model', 'world.pth', ...SHORT]);
  assert.is(built.code, 0, built.stdout);
  const result = JSON.parse(project.read('out/world/fp16/SM8650/benchmark.json'));
  assert.ok(result.files.some(({ path }: { path: string }) => path.endsWith('world-vocabulary.txt')));
  assert.ok(result.evaluation.kl_mean < 1e-3, 'random weights spread further than trained ones');
});

test('go all the way to text with the embedding outside of the graph', async () => {
  const { project } = await shippedBuild();
  const built = await project.build(['all', '--set', 'ext_embedding=true', ...SHORT]);
  assert.is(built.code, 0, built.stdout);
  const result = JSON.parse(project.read('out/rwkv7-austen/fp16/SM8650/benchmark.json'));
  assert.ok(result.files.some(({ path }: { path: string }) => path.endsWith('embedding.f32')));
  assert.ok(result.evaluation.kl_mean < 1e-4);
});

test('need no network once the environment is there', async () => {
  const { project } = await shippedBuild();
  if (spawnSync('unshare', ['-n', 'true']).status !== 0)
    return console.log('skipped: no network namespace here');
  const run = spawnSync(
    'unshare',
    [
      '-n',
      process.execPath,
      join(REPOSITORY, 'dist', 'rwkv-build.cjs'),
      'context',
      'library',
      '--soc',
      'SM8750',
    ],
    { cwd: project.folder, env: { ...process.env, RWKV_BUILD_CACHE: project.cache }, encoding: 'utf8' },
  );
  assert.is(run.status, 0, run.stderr);
});

test.run();
