import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { layerCount } from '../../tasks/layer-count.ts';
import { REPOSITORY } from '../rig/project.ts';

const test = suite<{ folder: string }>('layer count');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'rwkv-build-test-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('is read from the names of a .safetensors file', async () => {
  assert.is(await layerCount(join(REPOSITORY, 'models/rwkv7-austen/model.safetensors')), 4);
});

test('is read from the names that stand in a pickle, and from all shards of a folder', async ({ folder }) => {
  writeFileSync(join(folder, 'a.pth'), Buffer.from('\x80\x02}X\x15blocks.11.att.w1q\x01blocks.2.ffn.x_k'));
  assert.is(await layerCount(join(folder, 'a.pth')), 12);
  writeFileSync(join(folder, 'm-1of2.safetensors'), 'blocks.3.att.w1');
  writeFileSync(join(folder, 'm-2of2.safetensors'), 'blocks.6.att.w1');
  assert.is(await layerCount(folder), 7);
});

test('is not known of what is not there, holds no layers, or names too many', async ({ folder }) => {
  assert.is(await layerCount(join(folder, 'absent.pth')), undefined);
  writeFileSync(join(folder, 'text.pth'), 'no model');
  assert.is(await layerCount(join(folder, 'text.pth')), undefined);
  writeFileSync(join(folder, 'many.pth'), 'blocks.999999999.att.w1');
  assert.is(await layerCount(join(folder, 'many.pth')), undefined);
});

test.run();
