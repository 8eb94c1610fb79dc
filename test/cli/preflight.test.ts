import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeHollowWeights } from '../rig/hollow-weights.ts';
import type { Project } from '../rig/project.ts';
import { shippedProject } from '../rig/shipped-project.ts';

const test = suite<{ project: Project }>('plan --preflight');

/** The shipped pipeline in a folder with weights that are only as large as they say. */
test.before.each((context) => {
  context.project = shippedProject();
  const weights = join(context.project.folder, 'big.safetensors');
  writeHollowWeights(weights, { layers: 32, width: 4096, vocabulary: 65536 });
});
test.after.each(({ project }) => project.remove());

const SHIPPED = ['--model', 'rwkv7-austen', '--soc', 'SM8650,SM8635', '--precision', 'fp16,a16w8'] as const;
const BIG = ['--model', 'big.safetensors', '--precision', 'fp16'] as const;

test('predicts each context of the pipeline, and fails when one is refused', async ({ project }) => {
  const { code, stdout } = await project.run(['plan', '--preflight', ...SHIPPED, '--json']);
  assert.is(code, 2);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    rows.map(({ type, soc, precision, verdict }) => [type, soc, precision, verdict].join(' ')).sort(),
    ['SM8635 a16w8 fits', 'SM8635 fp16 refused', 'SM8650 a16w8 fits', 'SM8650 fp16 fits'].map(
      (row) => `preflight ${row}`,
    ),
  );
});

test('prints a table for people, and below it what works instead', async ({ project }) => {
  const { code, stdout } = await project.run(['plan', '--preflight', ...BIG]);
  assert.is(code, 2);
  assert.match(stdout, /model +SoC +precision +chunks/);
  assert.match(stdout, /big fp16 on SM8650: chunks: .* lets one graph hold 3\.76 GB; chunks 5 works/);
});

test('is made before a build too, which then begins with the failure and its line', async ({ project }) => {
  const { code, summary, events } = await project.build(['context', ...BIG]);
  assert.is(code, 2);
  assert.is(summary.ran, 0);
  const [failure] = events.flatMap((event) => (event.type === 'failure' ? [event.failure] : []));
  assert.is(failure?.kind, 'unsupported-combination');
  assert.match(failure?.hint ?? '', '--set chunks=5 works');
  assert.match(failure?.location?.excerpt ?? '', 'chunks: 2');
});

test('takes `chunks: auto` for what it says', async ({ project }) => {
  const { stdout } = await project.run(['plan', 'export', '--json', ...BIG, '--set', 'chunks=auto']);
  const planned = stdout.split('\n').filter((line) => line.includes('"planned"'));
  const ids = planned.map((line) => JSON.parse(line).id as string).filter((id) => id.includes('chunk'));
  assert.equal(
    ids,
    [1, 2, 3, 4, 5].map((chunk) => `export/big/chunk${chunk}of5`),
  );
});

test('needs weights that can be read for that', async ({ project }) => {
  project.write('broken.safetensors', 'no weights at all');
  const { code, stderr } = await project.run([
    'plan',
    'export',
    '--model',
    'broken.safetensors',
    '--set',
    'chunks=auto',
  ]);
  assert.is(code, 2);
  assert.match(stderr, '`chunks: auto` has to look at the weights of broken');
});

test.run();
