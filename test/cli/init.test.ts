import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, REPOSITORY } from '../rig/project.ts';

const test = suite<{ project: Project }>('init');

test.before.each((context) => {
  context.project = new Project();
});
test.after.each(({ project }) => project.remove());

/** A safetensors file of nothing but a header. */
function header(tensors: Readonly<Record<string, readonly number[]>>): Buffer {
  const entries = Object.entries(tensors).map(([name, shape]) => [
    name,
    { dtype: 'F16', shape, data_offsets: [0, 0] },
  ]);
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

const RWKV7 = { 'emb.weight': [65536, 768], 'blocks.0.att.r_k': [12, 64], 'blocks.1.att.r_k': [12, 64] };

test('writes a pipeline for the weights that can be planned as it is', async ({ project }) => {
  mkdirSync(join(project.folder, 'weights'));
  const shipped = join(REPOSITORY, 'models/rwkv7-austen/model.safetensors');
  copyFileSync(shipped, join(project.folder, 'weights/my-model.safetensors'));
  const { code, stderr } = await project.run(['init', 'weights/my-model.safetensors', '--soc', 'SM8550']);
  assert.is(code, 0, stderr);
  const text = project.read('rwkv.pipeline.yaml');
  assert.match(text, /^# yaml-language-server: \$schema=.*pipeline\.schema\.json\n/);
  assert.match(
    text,
    'my-model: # RWKV-7, 4 layers of 192, 256 tokens\n    weights: weights/my-model.safetensors',
  );
  assert.match(text, 'tokenizer: byte');
  assert.match(text, 'soc: [SM8550]');
  const plan = await project.run(['plan', 'context']);
  assert.is(plan.code, 0, plan.stderr);
  assert.match(plan.stdout, 'context/my-model/fp16/SM8550/chunk1of2');
});

test('takes the weights in the folder when none are named, and leaves open what a .pth does not tell', async ({
  project,
}) => {
  project.write('big.safetensors', header(RWKV7));
  project.write('other.pth', 'PK');
  assert.is((await project.run(['init'])).code, 0);
  const text = project.read('rwkv.pipeline.yaml');
  assert.match(text, 'big: # RWKV-7, 2 layers of 768, 65536 tokens');
  assert.match(text, 'tokenizer: world');
  assert.match(text, 'tokenizer: auto # by the size of the vocabulary; or say byte, world, abc or midi');
});

test('takes a precision that every SoC can compute', async ({ project }) => {
  const { stdout } = await project.run(['init', '--soc', 'SM8650,SM8635', '--dry-run']);
  assert.match(stdout, 'precision: [a16w8]');
});

test('leaves a file that is there alone, unless it is told to replace it', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', 'mine');
  const refused = await project.run(['init']);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, 'rwkv.pipeline.yaml is there already');
  assert.match(refused.stderr, '--force');
  assert.is((await project.run(['init', '--dry-run'])).code, 0);
  assert.is(project.read('rwkv.pipeline.yaml'), 'mine');
  assert.is((await project.run(['init', '--force'])).code, 0);
  assert.match(project.read('rwkv.pipeline.yaml'), 'version: 1');
});

test('refuses weights that are not there, other files, other RWKVs, unknown SoCs and two of one name', async ({
  project,
}) => {
  project.write('notes.txt', 'x');
  project.write('four.safetensors', header({ 'emb.weight': [65536, 64], 'blocks.0.att.time_decay': [1] }));
  project.write('llama.safetensors', header({ 'emb.weight': [100, 64] }));
  project.write('a/m.safetensors', header(RWKV7));
  project.write('b/m.safetensors', header(RWKV7));
  const said = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await project.run(['init', ...args]);
    assert.is.not(code, 0);
    return stderr;
  };
  assert.match(await said('none.pth'), 'none.pth is not there');
  assert.match(await said('notes.txt'), 'neither a .pth nor a .safetensors');
  assert.match(await said('four.safetensors'), 'RWKV-4');
  assert.match(await said('llama.safetensors'), 'not recognised as any RWKV');
  assert.match(await said('--soc', 'SM8651'), 'did you mean `SM8650`');
  assert.match(await said('a/m.safetensors', 'b/m.safetensors'), 'would both be called `m`');
});

test.run();
