import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outlineOf } from '../../tasks/preflight/model-outline.ts';
import { shapeReader } from '../../tasks/preflight/weight-shapes.ts';
import { registeredTools } from '../../tasks/tool-registry.ts';
import { REPOSITORY, USER_CACHE } from '../rig/project.ts';
import { runStageScript } from '../rig/stage-script.ts';

const test = suite('the shapes of weights');

const folder = mkdtempSync(join(tmpdir(), 'rwkv-build-shapes-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const shapesOf = shapeReader(REPOSITORY, registeredTools(REPOSITORY, USER_CACHE).get('python'));

test('are the same from a .pth as from a .safetensors file', async () => {
  await runStageScript(folder, [
    'from pathlib import Path',
    'from container_writers import write_pth, write_safetensors_file',
    'from synthetic_weights import make_rwkv7',
    'weights = make_rwkv7()',
    "write_pth(Path('a.pth'), weights)",
    "write_safetensors_file(Path('a.safetensors'), weights)",
  ]);
  const [pth, safetensors] = await Promise.all(
    ['a.pth', 'a.safetensors'].map(async (name) =>
      outlineOf((await shapesOf(join(folder, name))) ?? new Map()),
    ),
  );
  assert.is(safetensors?.layers.length, 3);
  assert.equal(pth, safetensors);
});

test('are none for what is no weights, and for what is not there', async () => {
  writeFileSync(join(folder, 'text.pth'), 'no weights at all');
  assert.is(await shapesOf(join(folder, 'text.pth')), undefined);
  assert.is(await shapesOf(join(folder, 'absent.pth')), undefined);
});

test.run();
