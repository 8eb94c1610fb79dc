import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REPOSITORY } from '../rig/project.ts';
import { shippedBuild, shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('the native parts');

const PIPELINE = `
version: 1
tasks:
  native-tests:
    uses: build-runtime
    with: { target: x86_64-linux, programs: [native-tests] }
`;

const SUPPRESSIONS = join(REPOSITORY, 'runtime-native/test/leak-sanitizer.supp');

test('pass their own tests on real contexts, with address and undefined-behaviour sanitizers', async () => {
  // Of its own, since other tests put more chunk counts under the shared one's out/.
  const project = await shippedTwin();
  const artifacts = await project.build(['context', 'library', '--precision', 'fp16', '--soc', 'SM8650']);
  assert.is(artifacts.code, 0, artifacts.stdout);
  project.write('native.pipeline.yaml', PIPELINE);
  const built = await project.build(['native-tests', '-f', 'native.pipeline.yaml']);
  assert.is(built.code, 0, built.stdout);
  const libraries = await qnnLibraries();
  const run = spawnSync(
    join(project.folder, 'out/runtime/x86_64-linux/native-tests'),
    [
      ...['--qnn-libs', libraries, '--contexts', 'out/rwkv7-austen/fp16/SM8650'],
      ...['--libraries', 'out/rwkv7-austen/fp16/lib/x86_64-linux'],
      ...['--world-vocabulary', join(libraries, '..', 'rwkv', 'rwkv_vocab_v20230424.txt')],
    ],
    {
      cwd: project.folder,
      encoding: 'utf8',
      env: { ...process.env, LSAN_OPTIONS: `suppressions=${SUPPRESSIONS}` },
    },
  );
  const counted = /^(\d+) passed, (\d+) failed/m.exec(run.stdout + run.stderr);
  assert.is(run.status, 0, run.stdout + run.stderr);
  assert.ok(Number(counted?.[1]) > 50, 'the tests really ran');
  console.log(`\n    native tests: ${counted?.[0]}`);
});

test('make the same context of a model library as of the DLC inside of it', async () => {
  const { project } = await shippedBuild();
  assert.is((await project.build(['host-tools', 'library', 'convert', '--precision', 'fp16'])).code, 0);
  const libraries = await qnnLibraries();
  const sizes = ['--dlc', '--model-lib'].map((option) => {
    const source =
      option === '--dlc'
        ? 'out/rwkv7-austen/fp16/dlc/rwkv7-austen_chunk1of2.dlc'
        : 'out/rwkv7-austen/fp16/lib/x86_64-linux/librwkv7-austen_chunk1of2.so';
    const run = spawnSync(
      join(project.folder, 'out/host-tools/x86_64-linux/qnn-context'),
      [
        '--qnn-libs',
        libraries,
        option,
        source,
        '--soc-id',
        '57',
        '--output',
        'context.bin',
        '--report',
        'r.json',
      ],
      { cwd: project.folder, encoding: 'utf8' },
    );
    assert.is(run.status, 0, run.stderr);
    return JSON.parse(project.read('r.json')).binary_bytes as number;
  });
  assert.is(sizes[0], sizes[1]);
});

test.run();
