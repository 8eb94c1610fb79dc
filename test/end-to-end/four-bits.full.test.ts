import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shippedTwin } from '../rig/shipped-project.ts';

const test = suite('four-bit weights on the HTP emulator');

const MODELS = ['rwkv5-austen', 'rwkv6-austen', 'rwkv7-austen'] as const;
/** Nats, over 256 tokens: 3.7e-3 to 4.2e-3 were measured. */
const KL_BOUND = 5e-3;

test('say in a16w4-mixed nearly what the fp32 reference says, in every version', async () => {
  const project = await shippedTwin();
  const built = await project.build([
    ...['benchmark', '--model', MODELS.join(','), '--precision', 'a16w4-mixed', '--soc', 'SM8650'],
    ...['--device', 'emulator', '--set', 'tokens=1'],
  ]);
  assert.is(built.code, 0, built.stdout + built.stderr);
  for (const model of MODELS) {
    const { evaluation } = JSON.parse(project.read(`out/${model}/a16w4-mixed/SM8650/benchmark.json`));
    assert.is(evaluation.tokens, 256);
    assert.ok(evaluation.kl_mean > 1e-4 && evaluation.kl_mean < KL_BOUND, `${model}: ${evaluation.kl_mean}`);
  }
});

test.run();
