import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import { shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('a head of its own and graphs for two sequences');

const FOLDER = 'out/rwkv7-austen/fp16/SM8650';
const OPTIONS = [
  ...['--precision', 'fp16', '--device', 'emulator', '--set', 'tokens=2', '--set', 'evaluation_tokens=12'],
  ...['--set', 'ext_head=true', '--set', 'batch=2'],
] as const;

const project = await shippedTwin();
const built = await project.build(['context', 'benchmark', 'runtime', ...OPTIONS]);
const context = join(project.folder, FOLDER, 'unshared', 'rwkv7-austen_chunk1of2.bin');

function run(...options: readonly string[]) {
  return spawnSync(join(project.folder, 'out/runtime/x86_64-linux/rwkv-run'), options, {
    cwd: project.folder,
    encoding: 'utf8',
  });
}

async function generate(...options: readonly string[]) {
  const libraries = ['--qnn-libs', await qnnLibraries(), '--tokenizer', 'byte'];
  return run('generate', context, ...libraries, '--temperature', '0', '--tokens', '3', ...options);
}

test('say on the emulator what the fp32 reference says, of sequences at once what of each alone', () => {
  assert.is(built.code, 0, built.stdout + built.stderr);
  const { evaluation } = JSON.parse(project.read(`${FOLDER}/benchmark.json`)) as BenchmarkResult;
  assert.ok(evaluation.kl_mean < 1e-4, `${evaluation.kl_mean}`);
  assert.is(evaluation.batch?.sequences, 2);
  assert.is(evaluation.batch?.compared, 6, 'the second halves of two stretches of six tokens');
  assert.ok(evaluation.batch !== undefined && evaluation.batch.kl_mean < 1e-4);
  assert.ok(existsSync(join(project.folder, FOLDER, 'rwkv7-austen_head.bin')));
});

test('leave the first chunk for one token as it is, and the weights', () => {
  for (const id of ['convert/rwkv7-austen/fp16/chunk1of2', 'export/rwkv7-austen/weights']) {
    assert.is(built.outcomes[id], 'cached', id);
  }
  for (const id of ['chunk1of2-batch2', 'chunk2of2', 'head', 'head-batch2']) {
    assert.is(built.outcomes[`convert/rwkv7-austen/fp16/${id}`], 'ran', id);
  }
});

test('write as many texts at once as there are prompts, the same as one by one', async () => {
  const prompts = ['It was a ', 'Elizabeth '];
  const together = await generate('--batch', '2', ...prompts.flatMap((prompt) => ['--prompt', prompt]));
  assert.is(together.status, 0, together.stderr);
  const alone: string[] = [];
  for (const prompt of prompts) alone.push((await generate('--prompt', prompt)).stdout);
  assert.is(together.stdout, `--- 1\n${alone[0]}--- 2\n${alone[1]}`);
});

test('refuse more texts than the contexts take at once', async () => {
  const many = await generate('--batch', '3', '--prompt', 'It was a ');
  assert.is(many.status, 1);
  assert.match(many.stderr, '3 texts: are more than the 2 that the contexts take at once');
});

test('pass the native tests of sessions', async () => {
  project.write(
    'native.pipeline.yaml',
    `version: 1
tasks:
  native-tests: { uses: build-runtime, with: { target: x86_64-linux, programs: [native-tests] } }
`,
  );
  assert.is((await project.build(['native-tests', '-f', 'native.pipeline.yaml'])).code, 0);
  const tests = join(project.folder, 'out/runtime/x86_64-linux/native-tests');
  const contexts = join(project.folder, FOLDER, 'unshared');
  for (const only of ['sequence', 'a head that is missing', 'swapping', 'description has its graphs']) {
    const options = ['--qnn-libs', await qnnLibraries(), '--contexts', contexts, '--only', only];
    const { status, stdout, stderr } = spawnSync(tests, options, { encoding: 'utf8' });
    assert.is(status, 0, stdout + stderr);
    assert.match(stdout + stderr, /^[1-9]\d* passed, 0 failed$/m);
  }
});

test.run();
