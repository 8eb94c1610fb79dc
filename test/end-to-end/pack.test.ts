import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('a pack');

const project = await shippedTwin();
const built = await project.build([
  'pack',
  'packer',
  'runtime',
  'context',
  '--precision',
  'fp16',
  '--soc',
  'SM8650',
]);
assert.is(built.code, 0, built.stdout);
const libraries = await qnnLibraries();
const FOLDER = 'out/rwkv7-austen/fp16/SM8650';
const PACK = join(FOLDER, 'rwkv7-austen.rwkvpack');
const at = (name: string): string => join(project.folder, name);

function run(program: string, words: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(at(join('out', program)), words, { cwd: project.folder, encoding: 'utf8' });
}

function generate(model: string, words: readonly string[]): SpawnSyncReturns<string> {
  const order = ['--prompt', 'It was a ', '--tokens', '12', '--temperature', '0', '--qnn-libs', libraries];
  return run('runtime/x86_64-linux/rwkv-run', ['generate', model, ...words, ...order]);
}

function listed(pack: string): string {
  const { status, stdout, stderr } = run('host-tools/x86_64-linux/rwkv-pack', ['--verify', pack]);
  assert.is(status, 0, stderr);
  return stdout;
}

test('has the contexts, the tokenizer and the figures of the weights', () => {
  const parts = listed(PACK).match(/\S+$/gm);
  assert.equal(parts, [
    'config.json',
    'rwkv7-austen_chunk1of2.bin',
    'rwkv7-austen_chunk2of2.bin',
    'tokenizer.txt',
  ]);
  const whole = readFileSync(at(PACK));
  const config = whole.subarray(whole.indexOf('{\n'));
  const { model, precision, soc, tokenizer, arch, layers } = JSON.parse(
    config.subarray(0, config.indexOf('\n}') + 2).toString(),
  );
  assert.equal([model, precision, soc, tokenizer], ['rwkv7-austen', 'fp16', 'SM8650', 'byte']);
  assert.equal([arch, layers], ['rwkv7', 4]);
});

test('gives the text that the folder gives, and knows its tokenizer', () => {
  const packed = generate(PACK, []);
  assert.is(packed.status, 0, packed.stderr);
  const folder = generate(FOLDER, ['--tokenizer', 'byte']);
  assert.is(packed.stdout, folder.stdout);
  assert.ok(packed.stdout.length > 5);
});

test('is the same to the byte when it is made again', () => {
  const again = ['--model', FOLDER, '--tokenizer', 'byte', '--config', 'models/rwkv7-austen/README.md'];
  const [first, second] = ['first.rwkvpack', 'second.rwkvpack'].map((name) => {
    assert.is(run('host-tools/x86_64-linux/rwkv-pack', [...again, '--output', name]).status, 0);
    return readFileSync(at(name));
  });
  assert.ok(first?.equals(second ?? Buffer.alloc(0)));
  assert.is(listed('first.rwkvpack').split('\n')[1], listed(PACK).split('\n')[1]);
});

test('with a flipped byte is refused with the name of the part', () => {
  const damaged = readFileSync(at(PACK));
  // Far in, where the weights of the second chunk are: no header shows it.
  const place = damaged.length - 200_000;
  damaged[place] = (damaged[place] ?? 0) ^ 1;
  writeFileSync(at('damaged.rwkvpack'), damaged);
  const { status, stderr } = generate('damaged.rwkvpack', []);
  assert.is(status, 1);
  assert.match(stderr, 'error: damaged.rwkvpack:rwkv7-austen_chunk2of2.bin: is damaged');
  assert.match(stderr, 'hint: copy or pack the model again');
});

test.run();
