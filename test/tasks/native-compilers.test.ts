import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AndroidCompiler } from '../../tasks/tools/native-compilers.ts';
import { shippedProject } from '../rig/shipped-project.ts';

const test = suite('what is built for Android');

const NDK = process.env.ANDROID_NDK_HOME;
test.after.each(() => {
  if (NDK === undefined) delete process.env.ANDROID_NDK_HOME;
  else process.env.ANDROID_NDK_HOME = NDK;
});

test('is not built without the NDK, which a build says with the next step', async () => {
  delete process.env.ANDROID_NDK_HOME;
  const project = shippedProject();
  const { code, stdout, stderr } = await project.run(['runtime', '--target', 'aarch64-android']);
  project.remove();
  assert.is(code, 3, stdout + stderr);
  assert.match(
    stdout + stderr,
    'aarch64-android is not built here: it needs the Android NDK, and ANDROID_NDK_HOME is not set',
  );
  assert.match(stdout + stderr, 'export ANDROID_NDK_HOME=');
});

test('takes a folder without its compiler for no NDK', async () => {
  process.env.ANDROID_NDK_HOME = '/usr';
  const version = await new AndroidCompiler().version();
  assert.is(version.ok, false);
  assert.match(version.ok ? '' : version.failure.message, 'ANDROID_NDK_HOME is /usr, but it has no compiler');
});

test.run();
