import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Project } from '../rig/project.ts';
import { shippedBuild, shippedProject } from '../rig/shipped-project.ts';

const test = suite('several SoCs');

const SOCS = ['SM8650', 'SM8550', 'SC8380'] as const;
const CONTEXTS = ['context', '--precision', 'fp16', '--soc', SOCS.join(',')] as const;

const digest = (project: Project, soc: string, chunk: number): string =>
  createHash('sha256')
    .update(
      readFileSync(join(project.folder, `out/rwkv7-austen/fp16/${soc}/rwkv7-austen_chunk${chunk}of2.bin`)),
    )
    .digest('hex');

test('get contexts that differ, in one call', async () => {
  const { project } = await shippedBuild();
  const built = await project.build([...CONTEXTS]);
  assert.is(built.code, 0);
  for (const chunk of [1, 2]) {
    const digests = new Set(SOCS.map((soc) => digest(project, soc, chunk)));
    assert.is(digests.size, SOCS.length);
  }
});

test('are compiled again one by one when the options of one of them change', async () => {
  const { project } = await shippedBuild();
  await project.build([...CONTEXTS]);
  const yaml = project.read('rwkv.pipeline.yaml');
  const changed = yaml.replace(
    'with: { soc: "${{ matrix.soc }}" }',
    'with: { soc: "${{ matrix.soc }}", socs: { SM8550: { vtcm_mb: 4 } } }',
  );
  assert.is.not(changed, yaml);
  project.write('rwkv.pipeline.yaml', changed);
  const { outcomes, code } = await project.build([...CONTEXTS]);
  project.write('rwkv.pipeline.yaml', yaml);
  assert.is(code, 0);
  const ran = Object.keys(outcomes).filter((id) => outcomes[id] === 'ran');
  assert.equal(ran.sort(), [
    'context/rwkv7-austen/fp16/SM8550/chunk1of2',
    'context/rwkv7-austen/fp16/SM8550/chunk2of2',
  ]);
});

test('are refused before anything runs when one is unknown, with the nearest name', async () => {
  const project = shippedProject();
  const { code, stdout, summary } = await project.build(['all', '--soc', 'SM8560']);
  project.remove();
  assert.is(code, 2);
  assert.is(summary.ran, 0);
  assert.match(stdout, /did you mean `SM8550`|did you mean `SM8650`/);
});

test('are refused before anything runs when one cannot compute in fp16', async () => {
  const project = shippedProject();
  const { code, stdout, summary } = await project.build([
    'all',
    '--soc',
    'SM8650,SM8635',
    '--precision',
    'fp16',
  ]);
  project.remove();
  assert.is(code, 2);
  assert.is(summary.ran, 0);
  assert.match(stdout, 'SM8635 (HTP v73) cannot compute in fp16');
  assert.match(stdout, '--precision a16w8 works on SM8635');
});

test('write text in a16w8 where one cannot compute in fp16', async () => {
  const { project } = await shippedBuild();
  const built = await project.build([
    ...['all', '--soc', 'SM8635', '--precision', 'a16w8', '--device', 'emulator'],
    ...['--set', 'tokens=8', '--set', 'evaluation_tokens=64'],
  ]);
  assert.is(built.code, 0, built.stdout);
  const { evaluation } = JSON.parse(project.read('out/rwkv7-austen/a16w8/SM8635/benchmark.json'));
  assert.ok(evaluation.kl_mean < 1e-3, `KL ${evaluation.kl_mean}`);
});

test.run();
