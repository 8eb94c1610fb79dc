import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REPOSITORY } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('the native parts');

const PIPELINE = `
version: 1
tasks:
  threads: { uses: build-runtime, with: { target: x86_64-linux, programs: [native-tests-threads] } }
`;

test('pass their own tests on real contexts, with the thread sanitizer', async () => {
  const { project } = await shippedBuild();
  project.write('threads.pipeline.yaml', PIPELINE);
  const built = await project.build(['threads', '-f', 'threads.pipeline.yaml']);
  assert.is(built.code, 0, built.stdout);
  const libraries = await qnnLibraries();
  const suppressions = join(REPOSITORY, 'runtime-native/test/thread-sanitizer.supp');
  const run = spawnSync(
    join(project.folder, 'out/runtime/x86_64-linux/native-tests-threads'),
    [
      ...['--qnn-libs', libraries, '--contexts', 'out/rwkv7-austen/fp16/SM8650'],
      ...['--world-vocabulary', join(libraries, '..', 'rwkv', 'rwkv_vocab_v20230424.txt')],
    ],
    {
      cwd: project.folder,
      encoding: 'utf8',
      // The emulator holds more locks at once than the sanitizer can follow.
      env: { ...process.env, TSAN_OPTIONS: `suppressions=${suppressions} detect_deadlocks=0` },
    },
  );
  assert.is(run.status, 0, run.stdout + run.stderr);
  assert.ok(Number(/^(\d+) passed, 0 failed/m.exec(run.stdout)?.[1]) > 100, 'the tests really ran');
});

test.run();
