import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import { shippedBuild } from '../rig/shipped-project.ts';

const test = suite('the main job on the shipped model');

/** Words that English text cannot do without. */
const COMMON_WORDS = new Set(
  'the of and to a in that it was he she i her his had not be as with for at but is on you'.split(' '),
);

/** The bounds of the README's table: mean KL to the fp32 reference over 256 tokens, in nats. */
const KL_BOUNDS = { fp16: 1e-4, a16w8: 5e-4 } as const;

async function benchmark(precision: keyof typeof KL_BOUNDS): Promise<BenchmarkResult> {
  const { project } = await shippedBuild();
  return JSON.parse(project.read(`out/rwkv7-austen/${precision}/SM8650/benchmark.json`)) as BenchmarkResult;
}

for (const precision of ['fp16', 'a16w8'] as const) {
  test(`writes English through a real SM8650 context on the emulator in ${precision}`, async () => {
    const { text, emulated, tokens } = await benchmark(precision);
    assert.is(emulated, true);
    assert.is(tokens, 80);
    const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
    const common = words.filter((word) => COMMON_WORDS.has(word));
    assert.ok(common.length / words.length > 0.25, `not English: ${text}`);
  });

  test(`stays within ${KL_BOUNDS[precision]} nats of the fp32 reference in ${precision}`, async () => {
    const { evaluation } = await benchmark(precision);
    assert.is(evaluation.tokens, 256);
    assert.ok(evaluation.kl_mean < KL_BOUNDS[precision], `KL ${evaluation.kl_mean}`);
    assert.ok(evaluation.kl_mean > 0, 'a difference of nothing at all would be a comparison with itself');
    assert.ok(Math.abs(evaluation.perplexity - evaluation.reference_perplexity) < 0.05);
  });
}

test('claims no speed for what ran on the emulator', async () => {
  const result = await benchmark('fp16');
  assert.is(result.measured, undefined);
  assert.ok(result.emulation !== undefined);
});

test('says beside each context what is in it', async () => {
  const { project } = await shippedBuild();
  const report = JSON.parse(project.read('out/rwkv7-austen/fp16/SM8650/rwkv7-austen_chunk1of2.json'));
  const [graph] = report.graphs;
  assert.is(graph.name, 'rwkv_decode');
  assert.ok(graph.inputs.some(({ name }: { name: string }) => name === 'token'));
  assert.ok(graph.outputs.some(({ name }: { name: string }) => name === 'hidden_out'));
  assert.is(report.soc.id, 57);
  assert.match(JSON.stringify(report), /spill_fill_bytes/);
  assert.match(JSON.stringify(report), /vtcm/);
  assert.match(report.compiler.build_id, /^v?\d+\.\d+/);
  const bytes = readFileSync(
    join(project.folder, 'out/rwkv7-austen/fp16/SM8650/rwkv7-austen_chunk1of2.bin'),
  ).length;
  assert.is(report.binary_bytes, bytes);
});

test('runs nothing the second time', async () => {
  const { project } = await shippedBuild();
  const again = await project.build(['all', '--soc', 'SM8650', '--device', 'emulator']);
  assert.is(again.code, 0);
  assert.is(again.summary.ran, 0);
});

test('shows the text and a table of what was built to a person', async () => {
  const { project } = await shippedBuild();
  const { stdout, code } = await project.run(['all', '--soc', 'SM8650', '--device', 'emulator']);
  assert.is(code, 0);
  assert.match(stdout, 'It was a ');
  assert.match(stdout, /KL to fp32/);
  assert.match(stdout, /out\/rwkv7-austen\/a16w8\/SM8650\/rwkv7-austen_chunk2of2\.bin +\d/);
});

test.run();
