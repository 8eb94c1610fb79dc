import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Project, REPOSITORY } from '../rig/project.ts';
import { shippedProject } from '../rig/shipped-project.ts';

const test = suite<{ project: Project }>('weights that cannot be used');

const SHIPPED = join(REPOSITORY, 'models', 'rwkv7-austen', 'model.safetensors');

test.before.each((context) => {
  context.project = shippedProject();
});
test.after.each(({ project }) => project.remove());

/** Runs a few lines of Python that write a file, as nothing else on the machine writes pickles. */
function python(project: Project, script: string): void {
  const run = spawnSync('python3', ['-c', script], { cwd: project.folder, encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
}

/** The header of a safetensors file, and its data. */
function takeApart(file: Buffer): { header: Record<string, unknown>; data: Buffer } {
  const length = Number(file.readBigUInt64LE(0));
  return { header: JSON.parse(file.subarray(8, 8 + length).toString()), data: file.subarray(8 + length) };
}

function putTogether(header: object, data: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

/** One failed action, one clear message, nothing that looks like a crash. */
async function refusal(project: Project, weights: string): Promise<string> {
  const { code, stderr } = await project.run(['export', '--model', weights]);
  assert.is(code, 1, stderr);
  assert.not.match(stderr, 'Traceback');
  assert.match(stderr, weights.split('/').at(-1) ?? weights);
  return stderr;
}

test('refuses a .pth whose pickle calls something else than tensors need, by the name of it', async ({
  project,
}) => {
  python(
    project,
    `
import os, pickle, zipfile
class Evil:
    def __reduce__(self):
        return (os.system, ('touch owned',))
with zipfile.ZipFile('evil.pth', 'w') as archive:
    archive.writestr('evil/data.pkl', pickle.dumps({'emb.weight': Evil()}, protocol=2))
    archive.writestr('evil/version', '3')
`,
  );
  assert.match(await refusal(project, 'evil.pth'), /(posix|os)\.system/);
  assert.throws(() => project.read('owned'));
});

test('refuses a truncated .pth', async ({ project }) => {
  python(
    project,
    `
import zipfile
with zipfile.ZipFile('short.pth', 'w') as archive:
    archive.writestr('short/data.pkl', b'\\x80\\x02}q\\x00.')
    archive.writestr('short/data/0', b'x' * 100000)
content = open('short.pth', 'rb').read()
open('short.pth', 'wb').write(content[: len(content) // 2])
`,
  );
  await refusal(project, 'short.pth');
});

test('refuses a truncated .safetensors', async ({ project }) => {
  project.write('short.safetensors', readFileSync(SHIPPED).subarray(0, 100_000));
  await refusal(project, 'short.safetensors');
});

test('names the tensor that a .safetensors lacks', async ({ project }) => {
  const { header, data } = takeApart(readFileSync(SHIPPED));
  const { 'blocks.1.att.key.weight': _gone, ...rest } = header;
  project.write('lacking.safetensors', putTogether(rest, data));
  assert.match(await refusal(project, 'lacking.safetensors'), 'blocks.1.att.key.weight');
});

test('names the tensor whose numbers are of a type that is not supported', async ({ project }) => {
  const { header, data } = takeApart(readFileSync(SHIPPED));
  const head = { ...(header['head.weight'] as object), dtype: 'F8_E4M3' };
  project.write('eight.safetensors', putTogether({ ...header, 'head.weight': head }, data));
  assert.match(await refusal(project, 'eight.safetensors'), 'head.weight is stored as F8_E4M3');
});

test('refuses a folder and a pipe, and waits for nobody to write to it', async ({ project }) => {
  mkdirSync(join(project.folder, 'empty.pth'));
  assert.match(await refusal(project, 'empty.pth'), 'is a folder without files');
  for (const name of ['pipe.pth', 'pipe.safetensors', 'pipe.safetensors.index.json']) {
    spawnSync('mkfifo', [join(project.folder, name)]);
    assert.match(await refusal(project, name), 'is no regular file');
  }
});

test('says which version weights of RWKV 4 are, and that it cannot be built', async ({ project }) => {
  const names = [
    ...[
      'emb.weight',
      'head.weight',
      'ln_out.weight',
      'ln_out.bias',
      'blocks.0.ln0.weight',
      'blocks.0.ln0.bias',
    ],
    ...['time_mix_k', 'time_decay', 'time_first'].map((part) => `blocks.0.att.${part}`),
  ];
  const tensors = names.map((name, index) => [
    name,
    { dtype: 'F16', shape: [1], data_offsets: [2 * index, 2 * index + 2] },
  ]);
  project.write('four.safetensors', putTogether(Object.fromEntries(tensors), Buffer.alloc(2 * names.length)));
  assert.match(await refusal(project, 'four.safetensors'), 'RWKV v4');
});

test('refuses a file that is no weights at all', async ({ project }) => {
  project.write('notes.txt', 'these are no weights');
  assert.match(await refusal(project, 'notes.txt'), /\.safetensors|\.pth/);
});

test('refuses more chunks than there are layers, with the number of layers', async ({ project }) => {
  const { code, stderr } = await project.run(['export', '--set', 'chunks=5']);
  assert.is(code, 1);
  assert.match(stderr, /4 layers/);
});

test.run();
