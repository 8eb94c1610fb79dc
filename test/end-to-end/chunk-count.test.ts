import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Project } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('another chunk count');

const EVALUATED_TOKENS = 12;

/** The shipped model's vocabulary: bytes. */
const VOCABULARY = 256;

const TARGETS = ['context', 'library', '--soc', 'SM8650'] as const;

test('keeps calibration and weights, and runs only what a chunk boundary touches', async () => {
  const { project } = await shippedBuild();
  const four = await project.build([...TARGETS, '--set', 'chunks=4']);
  assert.is(four.code, 0);
  const ran = Object.entries(four.outcomes)
    .filter(([, outcome]) => outcome === 'ran')
    .map(([id]) => id);
  assert.is(four.outcomes['export/rwkv7-austen/weights'], 'cached');
  assert.is(four.outcomes['calibrate/rwkv7-austen'], 'cached');
  assert.ok(ran.length > 0);
  for (const id of ran) assert.match(id, /\/chunk[1-4]of4$/);
});

test('finds everything in the store when it is changed back', async () => {
  const { project } = await shippedBuild();
  const two = await project.build([...TARGETS]);
  assert.is(two.summary.ran, 0);
});

/** The raw float32 logits [tokens, vocabulary] of the first tokens of held-out text. */
async function evaluate(project: Project, firstChunk: string): Promise<Buffer> {
  const run = spawnSync(
    join(project.folder, 'out/runtime/x86_64-linux/rwkv-run'),
    [
      ...['eval', firstChunk, '--qnn-libs', await qnnLibraries(), '--tokenizer', 'byte'],
      ...['--text', 'models/rwkv7-austen/heldout.txt', '--tokens', String(EVALUATED_TOKENS)],
      ...['--logits', 'logits.f32'],
    ],
    { cwd: project.folder, encoding: 'utf8' },
  );
  assert.is(run.status, 0, run.stderr);
  return readFileSync(join(project.folder, 'logits.f32'));
}

test('gives the same logits, bit for bit in fp16, through chains of 1, 2 and 4 contexts', async () => {
  const { project } = await shippedBuild();
  const logits = new Map<number, Buffer>();
  for (const chunks of [1, 2, 4]) {
    const built = await project.build([
      ...['context', 'runtime', '--precision', 'fp16', '--soc', 'SM8650', '--set', `chunks=${chunks}`],
    ]);
    assert.is(built.code, 0);
    logits.set(
      chunks,
      await evaluate(project, `out/rwkv7-austen/fp16/SM8650/rwkv7-austen_chunk1of${chunks}.bin`),
    );
  }
  const one = logits.get(1);
  assert.is(one?.length, EVALUATED_TOKENS * VOCABULARY * 4);
  for (const chunks of [2, 4])
    assert.ok(one?.equals(logits.get(chunks) ?? Buffer.alloc(0)), `${chunks} chunks differ`);
});

test.run();
