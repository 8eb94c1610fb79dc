import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import { type AdbPlace, adbPlace } from '../device/adb-place.ts';
import type { FinishedBuild, Project } from '../rig/project.ts';
import { shippedTwin } from '../rig/shipped-project.ts';

// The last leaf: contexts, runtime and Qualcomm's libraries go to an emulated phone through adb, and `rwkv-run`
// computes there on the HTP emulator.

const found = await adbPlace();
if (typeof found === 'string') console.log(`skipped, the main job on the emulated phone: ${found}`);
const place = typeof found === 'string' ? undefined : found;

const test = suite<{ project: Project; build: FinishedBuild }>('the main job on the emulated phone');
const onPhone = place === undefined ? test.skip : test;

function buildOn(project: Project, { serial, environment, program }: AdbPlace): Promise<FinishedBuild> {
  const { HOME = '', ADB_SERVER_SOCKET = '' } = environment;
  const server = ADB_SERVER_SOCKET.replace(/^tcp:/, '');
  const words = ['all', '--soc', 'SM8650', '--precision', 'fp16', '--device', `adb:${serial}`];
  return project.build([...words, '--adb-server', server], { ADB: program, HOME });
}

function resultOf(project: Project): BenchmarkResult {
  return JSON.parse(project.read('out/rwkv7-austen/fp16/SM8650/benchmark.json')) as BenchmarkResult;
}

test.before(async (context) => {
  if (place === undefined) return;
  context.project = await shippedTwin();
  context.build = await buildOn(context.project, place);
});
test.after(() => place?.close());

onPhone('pushes and computes there, and builds nothing again that a phone does not change', ({ build }) => {
  assert.is(build.code, 0, build.stderr);
  const ran = Object.entries(build.outcomes).filter(([, end]) => end === 'ran');
  assert.equal(
    ran.map(([id]) => id.split('/')[0]),
    ['push', 'benchmark'],
  );
});

onPhone('says and predicts what the emulator on this machine does', async ({ project }) => {
  // Other tests let the shared build's benchmark write another text.
  const here = await shippedTwin();
  const build = await here.build(['all', '--soc', 'SM8650', '--device', 'emulator']);
  assert.is(build.code, 0, build.stderr);
  const [phone, local] = [resultOf(project), resultOf(here)];
  assert.is(phone.text, local.text);
  // All but the time that it took.
  assert.equal({ ...phone.evaluation, seconds: 0 }, { ...local.evaluation, seconds: 0 });
});

onPhone('names the phone, and claims no speed for it', ({ project }) => {
  const { device, emulated, measured } = resultOf(project);
  assert.is(device.kind, 'adb');
  assert.is(device.serial, place?.serial);
  assert.is(device.soc, 'SM8650');
  assert.is(emulated, true);
  assert.is(measured, undefined);
});

onPhone('runs nothing the second time', async ({ project }) => {
  if (place === undefined) return;
  const again = await buildOn(project, place);
  assert.is(again.code, 0);
  assert.is(again.summary.ran, 0);
});

test.run();
