import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { armCpuLibraries, armLibraries, runOnArm, whyNoArm } from '../rig/arm-linux.ts';
import { shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries } from '../rig/stage-environment.ts';

const test = suite('what is built for Linux on Arm');

/** ELF's e_machine of AArch64. */
const AARCH64 = 183;

const project = await shippedTwin();
const WANTED = [
  'runtime',
  'library',
  'context',
  '--target',
  'x86_64-linux,aarch64-linux',
  '--precision',
  'fp16',
];
const built = await project.build([...WANTED, '--soc', 'SM8650']);
const at = (path: string): string => join(project.folder, 'out', path);
const program = at('runtime/aarch64-linux/rwkv-run');
const library = at('rwkv7-austen/fp16/lib/aarch64-linux/librwkv7-austen_chunk1of2.so');
const contexts = at('rwkv7-austen/fp16/SM8650');
const PROMPT = ['--tokenizer', 'byte', '--prompt', 'It was a '];
const machine = (path: string): number => readFileSync(path).readUInt16LE(18);

const here = (words: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(at('runtime/x86_64-linux/rwkv-run'), words, { encoding: 'utf8' });

/** A test of what runs there; skipped in words where nothing can be run for it. */
function testOnArm(sentence: string, body: (run: typeof here) => Promise<void>): void {
  test(sentence, async () => {
    const reason = whyNoArm();
    if (reason !== undefined) return console.log(`not run under qemu: ${reason}`);
    await body((words) => runOnArm(join(project.folder, 'arm-root'), program, words));
  });
}

test('is for that machine, and this one says so of its libraries', async () => {
  assert.is(built.code, 0, built.stdout);
  for (const path of [program, at('runtime/aarch64-linux/librwkv_qnn.so'), library])
    assert.is(machine(path), AARCH64, path);
  const refused = here([
    'generate',
    library,
    '--qnn-libs',
    await qnnLibraries(),
    '--soc-id',
    '57',
    ...PROMPT,
  ]);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'chunk1of2.so: is built for AArch64, and this program runs on x86-64');
});

testOnArm('starts, and makes tokens of a text as this machine does', async (run) => {
  assert.match(run(['--version']).stdout, /\d+\.\d+\.\d+/);
  const vocabulary = join(await qnnLibraries(), '..', 'rwkv', 'rwkv_vocab_v20230424.txt');
  const words = ['tokenize', '--tokenizer', `world:${vocabulary}`, 'Zoë said: “It was — a 你好!”'];
  const { status, stdout, stderr } = run(words);
  assert.is(status, 0, stderr);
  assert.ok(stdout.split(' ').length > 8, stdout);
  assert.is(stdout, here(words).stdout);
});

testOnArm("reads a context through Qualcomm's library for it as this machine does", async (run) => {
  const [there, own] = [
    run(['info', contexts, '--qnn-libs', await armLibraries(), '--json', '-']),
    here(['info', contexts, '--qnn-libs', await qnnLibraries(), '--json', '-']),
  ];
  assert.is(there.status, 0, there.stderr);
  assert.equal(JSON.parse(there.stdout), JSON.parse(own.stdout));
});

testOnArm(
  "opens each of QNN's backends, none of which runs without a Snapdragon, and says why",
  async (run) => {
    const libraries = { htp: await armLibraries(), gpu: await armLibraries(), cpu: await armCpuLibraries() };
    const said = Object.entries(libraries).map(([backend, folder]) => {
      const { status, stderr } = run([
        'generate',
        library,
        '--backend',
        backend,
        '--qnn-libs',
        folder,
        ...PROMPT,
      ]);
      assert.is(status, 1, stderr);
      return stderr;
    });
    assert.match(
      said[0] ?? '',
      /libQnnHtp\.so: .* the backend cannot start on this machine \(QNN error 4000/,
    );
    assert.match(said[1] ?? '', /libQnnGpu\.so: .* finds no OpenCL driver \(QNN error 1006/);
    assert.match(said[2] ?? '', /libQnnCpu\.so: .* Qualcomm's platforms alone, .* \(QNN error 1006\)/);
  },
);

test.run();
