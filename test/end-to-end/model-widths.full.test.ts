import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shippedBuild } from '../rig/shipped-project.ts';

const test = suite('models of any width');

/** At 512 an eighth of the width is a head. */
const WIDTHS = [256, 512, 768] as const;

test('are compiled in floats and in integers', async () => {
  const { project } = await shippedBuild();
  const models: string[] = [];
  for (const arch of ['v5.2', 'v6', 'v7']) {
    for (const width of WIDTHS) {
      const file = `${arch}-${width}.safetensors`;
      const sizes = ['--layers', '1', '--embd', String(width), '--vocab', '256'];
      const made = await project.run(['synth', '--arch', arch, ...sizes, '-o', file]);
      assert.is(made.code, 0, made.stderr);
      models.push(file);
    }
  }
  const built = await project.build([
    ...['context', '--model', models.join(','), '--precision', 'fp16,a16w8', '--set', 'chunks=1'],
  ]);
  assert.is(built.code, 0, built.stdout + built.stderr);
});

test.run();
