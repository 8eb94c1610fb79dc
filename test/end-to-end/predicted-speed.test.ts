import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PredictedCall, PredictedRecord } from '../../tasks/predict-speed/predicted-record.ts';
import { shippedBuild } from '../rig/shipped-project.ts';

const test = suite('the predicted speed');

const PREDICT = ['predict', '--precision', 'fp16,a16w8', '--soc', 'SM8650,SM8550,SM8850'] as const;

async function predicted(precision: string, soc: string): Promise<PredictedRecord> {
  const { project } = await shippedBuild();
  return JSON.parse(project.read(`out/rwkv7-austen/${precision}/${soc}/predicted.json`)) as PredictedRecord;
}

async function onlyCall(precision: string, soc: string): Promise<PredictedCall> {
  const { calls } = await predicted(precision, soc);
  const [call] = calls;
  assert.ok(call !== undefined && calls.length === 1);
  return call;
}

test('is worked out once for SoCs of one proxy', async () => {
  const { project } = await shippedBuild();
  const built = await project.build([...PREDICT]);
  assert.is(built.code, 0, built.stdout + built.stderr);
  const compiled = built.events.flatMap((event) =>
    event.type === 'action' && /^predict\/.*\/chunk1of2$/.test(event.id) ? [event.fingerprint] : [],
  );
  assert.is(compiled.length, 6);
  assert.is(new Set(compiled).size, 4);
});

test('names the SoC whose cost model it is', async () => {
  assert.is((await predicted('fp16', 'SM8650')).proxy, 'SA8255');
  assert.is((await predicted('fp16', 'SM8850')).proxy, 'SA8797');
});

test('lies within its bounds, and reads the weights from memory', async () => {
  const call = await onlyCall('fp16', 'SM8650');
  assert.is(call.tokens, 1);
  assert.ok(call.microseconds.low <= call.microseconds.value);
  assert.ok(call.microseconds.value <= call.microseconds.high);
  assert.ok(call.microseconds.low > 10);
  // The shipped model has 2.2 million parameters in its layers and head, two bytes each.
  assert.ok(call.weight_bytes > 4.2e6 && call.weight_bytes < 4.8e6, String(call.weight_bytes));
  // Small constants are not read from memory at each call; states are.
  const share = call.filled_bytes / call.weight_bytes;
  assert.ok(share > 0.95 && share < 1.3, String(share));
});

test('is better where weights take fewer bytes', async () => {
  const [half, byte] = [await onlyCall('fp16', 'SM8650'), await onlyCall('a16w8', 'SM8650')];
  assert.ok(byte.filled_bytes < 0.7 * half.filled_bytes);
  assert.ok(byte.tokens_per_second > half.tokens_per_second);
});

test('is shown as that of another SoC', async () => {
  const { project } = await shippedBuild();
  const { stdout } = await project.run([...PREDICT]);
  assert.match(stdout, /rwkv7-austen +a16w8 +SA8797 +1 +\d+ +\d+ – \d+/);
  assert.match(stdout, /SA8255 for SM8550/);
  assert.match(stdout, /not the speed of yours/);
});

test.run();
