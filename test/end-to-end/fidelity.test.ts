import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifiedRecord } from '../../tasks/fidelity/verified-record.ts';
import { type Finished, outcome, type Project, REPOSITORY } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';

const test = suite('verify');

/** Enough of the text to tell right from wrong, and not minutes on the emulator. */
const BRIEFLY = ['--soc', 'SM8650', '--device', 'emulator', '--set', 'evaluation_tokens=24'] as const;
const DAMAGED_LAYER = 2;

async function verify(precision: string, ...more: readonly string[]): Promise<Finished> {
  const { project } = await shippedBuild();
  return project.run(['verify', 'fidelity', '--precision', precision, ...BRIEFLY, ...more]);
}

function record(
  project: Project,
  precision: string,
  name = 'verified',
  model = 'rwkv7-austen',
): VerifiedRecord {
  return JSON.parse(project.read(`out/${model}/${precision}/SM8650/${name}.json`)) as VerifiedRecord;
}

test('finds every stage of the shipped model right', async () => {
  const { project } = await shippedBuild();
  const { code, stdout, stderr } = await verify('a16w8');
  assert.is(code, 0, stdout + stderr);
  const { verified, stages, probe } = record(project, 'a16w8');
  assert.is(verified, true);
  assert.is(probe, 'layers');
  assert.equal(
    stages.map(({ stage }) => stage),
    ['onnx', 'lowered', 'emulator'],
  );
  for (const { stage, layers, departs, kl_mean } of stages) {
    assert.is(layers?.length, 4, stage);
    assert.is(departs, null);
    assert.ok(kl_mean !== null && kl_mean < (stage === 'onnx' ? 1e-8 : 1e-3), `${stage}: ${kl_mean}`);
  }
  // Quantised is not the same as fp32, and a comparison with itself would say so.
  assert.ok((stages[2]?.layers?.[3]?.error ?? 0) > 1e-3);
  assert.match(stdout, /✓ +rwkv7-austen +a16w8 +SM8650 +HTP emulator/);
});

test('says what it compared', async () => {
  const { project } = await shippedBuild();
  assert.is((await project.build(['context', '--precision', 'a16w8', '--soc', 'SM8650'])).code, 0);
  const { compared } = record(project, 'a16w8');
  for (const file of ['rwkv7-austen_chunk1of2.bin', 'rwkv7-austen_chunk2of2.bin']) {
    const bytes = readFileSync(join(project.folder, 'out/rwkv7-austen/a16w8/SM8650', file));
    assert.is(compared[file], createHash('sha256').update(bytes).digest('hex'));
  }
});

test('names the layer whose encodings are damaged, and fails', async () => {
  const { project } = await shippedBuild();
  assert.is((await project.build(['calibrate'])).code, 0);
  const encodings = JSON.parse(project.read('out/rwkv7-austen/encodings.json'));
  for (const encoding of encodings.activation_encodings) {
    if (encoding.name.startsWith(`blocks.${DAMAGED_LAYER}.ffn.`)) encoding.scale = [encoding.scale[0] / 16];
  }
  project.write('damaged.json', JSON.stringify(encodings));
  const yaml = project.read('rwkv.pipeline.yaml');
  project.write(
    'damaged.pipeline.yaml',
    yaml.replace('    tokenizer: byte', '    encodings: damaged.json\n    tokenizer: byte'),
  );
  const { code, stdout, stderr } = await verify('a16w8', '-f', 'damaged.pipeline.yaml');
  assert.is(code, 1);
  const [onnx, lowered, emulator] = record(project, 'a16w8').stages;
  assert.is(onnx?.departs, null);
  assert.is(lowered?.departs?.name, `blocks.${DAMAGED_LAYER}.ffn.residual`);
  assert.is(emulator?.departs?.name, `blocks.${DAMAGED_LAYER}.ffn.residual`);
  assert.match(stdout + stderr, `the first that departs is blocks.${DAMAGED_LAYER}.ffn.residual`);
  assert.match(stdout + stderr, `rwkv-build verify --layer ${DAMAGED_LAYER}`);
});

test('shows in a layer the tensor that departs first', async () => {
  const { project } = await shippedBuild();
  const layer = ['--layer', String(DAMAGED_LAYER)];
  const { stdout } = await verify('a16w8', '-f', 'damaged.pipeline.yaml', ...layer);
  const { stages } = record(project, 'a16w8', `layer${DAMAGED_LAYER}`);
  const emulator = stages.find(({ stage }) => stage === 'emulator');
  const names = emulator?.tensors?.map(({ name }) => name) ?? [];
  assert.ok(names.length > 30, 'the whole layer is looked at');
  const departed = names.indexOf(emulator?.departs?.name ?? '');
  // The attention half before it is whole.
  assert.ok(departed > names.indexOf(`blocks.${DAMAGED_LAYER}.att.residual`), emulator?.departs?.name);
  assert.match(emulator?.departs?.name ?? '', new RegExp(`^blocks\\.${DAMAGED_LAYER}\\.ffn\\.`));
  assert.match(stdout, `${emulator?.departs?.name}`);
  assert.match(stdout, '←');
});

test('finds what only the HTP computes otherwise, although the CPU runs the very same graph', async () => {
  const { project } = await shippedBuild();
  // What heads read from their state, as a matrix product: the same, but for the HTP's 16-bit integers.
  const program = patchedProgram(project, 'tasks/rwkv/head_products.py', {
    from: 'weighted = graph.op("Mul", [matrix, weights], f"{name}.weighted")',
    to: `turned = graph.op("Transpose", [weights], f"{name}.turned", perm=[0, 2, 1])
    weighted = graph.op("MatMul", [turned, matrix], f"{name}.weighted")`,
  });
  const model = 'rwkv6-austen';
  const args = ['verify', 'fidelity', '--model', model, '--precision', 'a16w8', ...BRIEFLY];
  const { code, stdout, stderr } = await outcome(project.start(args, {}, program));
  assert.is(code, 1, stdout + stderr);
  const [onnx, lowered, emulator] = record(project, 'a16w8', 'verified', model).stages;
  assert.is(onnx?.within, true);
  assert.is(lowered?.within, true);
  assert.ok((lowered?.kl_mean ?? 1) < 1e-3);
  assert.is(emulator?.within, false);
  assert.ok((emulator?.kl_mean ?? 0) > 0.01, String(emulator?.kl_mean));
  assert.match(emulator?.departs?.name ?? '', /^blocks\.\d\.ffn\.residual$/);
});

/** rwkv-build from a copy of itself, in which a text of one file is another. Returns the program. */
function patchedProgram(project: Project, file: string, { from, to }: { from: string; to: string }): string {
  const copy = join(project.folder, '..', 'patched');
  for (const part of ['dist', 'tasks', 'runtime-native', 'package.json'])
    cpSync(join(REPOSITORY, part), join(copy, part), { recursive: true });
  const text = readFileSync(join(copy, file), 'utf8');
  assert.ok(text.includes(from), `${file} has another form now`);
  writeFileSync(join(copy, file), text.replace(from, to));
  return join(copy, 'dist', 'rwkv-build.cjs');
}

test.run();
