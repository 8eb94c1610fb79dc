import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ActionFinished } from '../../engine/event.ts';
import { explainText } from '../../tasks/qnn-errors/explain-failure.ts';
import { SOCS } from '../../tasks/soc-table.ts';
import { until } from '../rig/process-state.ts';
import { outcome, REPOSITORY } from '../rig/project.ts';
import { shippedBuild, shippedProject } from '../rig/shipped-project.ts';
import { qnnLibraries, stagePython } from '../rig/stage-environment.ts';

const test = suite('errors that QNN really makes here');

const folder = mkdtempSync(join(tmpdir(), 'rwkv-build-qnn-errors-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

type Run = SpawnSyncReturns<string>;

/** Writes the DLC of one of the graphs of `odd_graphs.py`. */
async function writeDlc(name: string): Promise<Run> {
  const script = join(REPOSITORY, 'test/rig/odd_graphs.py');
  const env = { ...process.env, PYTHONPATH: join(REPOSITORY, 'tasks'), PYTHONDONTWRITEBYTECODE: '1' };
  return spawnSync(await stagePython(), [script, name, join(folder, `${name}.dlc`)], {
    env,
    encoding: 'utf8',
  });
}

interface Compilation {
  readonly dlc: string;
  readonly soc: number;
  readonly options?: readonly string[];
  readonly libraries?: string;
}

/** Compiles a DLC with the qnn-context that the shipped model's build made. */
async function compile(what: Compilation): Promise<Run> {
  const { project } = await shippedBuild();
  assert.is((await project.build(['host-tools'])).code, 0);
  const written = await writeDlc(what.dlc);
  assert.is(written.status, 0, written.stderr);
  return compileWritten(what);
}

async function compileWritten({ dlc, soc, options = [], libraries }: Compilation): Promise<Run> {
  const { project } = await shippedBuild();
  return spawnSync(
    join(project.folder, 'out/host-tools/x86_64-linux/qnn-context'),
    [
      ...['--qnn-libs', libraries ?? (await qnnLibraries()), '--dlc', join(folder, `${dlc}.dlc`)],
      ...['--soc-id', String(soc), '--output', join(folder, 'context.bin'), ...options],
    ],
    { encoding: 'utf8' },
  );
}

/** Checks that a program failed, and what the table says of what it wrote. */
function assertExplained(run: Run, entry: string, says: RegExp): void {
  assert.is(run.status, 1, run.stderr);
  const explained = explainText(run.stderr);
  assert.is(explained?.name, entry, run.stderr);
  assert.match(`${explained?.message}; ${explained?.hint}`, says);
}

test('3110: a float graph for an SoC without fp16, with the operation at fault', async () => {
  const run = await compile({ dlc: 'float', soc: 68 });
  assertExplained(run, 'fp16-unsupported', /operation `proj`.*a16w8/s);
  assert.match(run.stderr, 'cannot compute in fp16', 'qnn-context says so itself');
});

test('3110 comes from just those SoCs that are said to have no fp16', async () => {
  await compile({ dlc: 'float', soc: 57 });
  for (const { name, id, fp16 } of SOCS) {
    // It compiles for the SM8350, whose v68 has no fp16 either.
    if (name === 'SM8350') continue;
    const { status, stderr } = await compileWritten({ dlc: 'float', soc: id });
    assert.is(status, fp16 ? 0 : 1, `${name}: ${stderr}`);
  }
});

test('14001: an SoC that no QNN knows', async () => {
  const run = await compile({ dlc: 'float', soc: 9999 });
  assertExplained(run, 'soc-unknown', /check the SoC/);
  assert.match(
    run.stderr,
    'SoC 9999: creating the HTP device failed: this version of QNN does not know the SoC',
  );
});

test('1002: a tensor that does not fit into the VTCM', async () => {
  const run = await compile({ dlc: 'wide', soc: 57, options: ['--vtcm-mb', '1'] });
  assertExplained(run, 'vtcm-not-tiled', /needs \d+ bytes of on-chip memory/);
  assert.match(run.stderr, 'give the graph more VTCM');
});

test('1000: a context of shared weights on the emulator, which QNN would crash on', async () => {
  const { project } = await shippedBuild();
  assert.is((await project.build(['runtime'])).code, 0);
  for (const name of ['rwkv_decode', 'rwkv_prefill']) assert.is((await writeDlc(name)).status, 0);
  const script = join(REPOSITORY, 'test/rig/shared_context.py');
  const dlcs = ['rwkv_decode.dlc', 'rwkv_prefill.dlc'];
  const libraries = await qnnLibraries();
  const context = 'shared_chunk1of1.bin';
  const made = spawnSync(await stagePython(), [script, libraries, context, ...dlcs], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.is(made.status, 0, made.stderr);
  const run = spawnSync(
    join(project.folder, 'out/runtime/x86_64-linux/rwkv-run'),
    [
      ...['generate', context, '--qnn-libs', libraries, '--tokenizer', 'byte'],
      ...['--prompt', 'x', '--tokens', '1'],
    ],
    { cwd: folder, encoding: 'utf8' },
  );
  assert.is(run.status, 1, `${run.signal}: ${run.stderr}`);
  assert.match(run.stderr, 'cannot be loaded by the x86-64 emulator (QNN error 1000)');
  assert.match(run.stderr, 'run an unshared twin of it on the emulator');
});

test('QNN’s libraries without the libc++ that belongs beside them', async () => {
  const alone = join(folder, 'alone');
  mkdirSync(alone, { recursive: true });
  const libraries = await qnnLibraries();
  for (const name of readdirSync(libraries)) symlinkSync(join(libraries, name), join(alone, name));
  const run = await compile({ dlc: 'float', soc: 57, libraries: alone });
  assertExplained(run, 'libcxx-missing', /need `libc\+\+/);
  assert.match(run.stderr, 'onnxruntime_qnn.libs beside onnxruntime_qnn');
});

test('a Gemm whose C is a graph input', async () => {
  assertExplained(await writeDlc('gemm-bias-input'), 'gemm-bias-input', /the Gemm `proj/);
});

test('an operation that QNN does not have', async () => {
  assertExplained(await writeDlc('operation-unknown'), 'operation-unknown', /node `modulo`, an ONNX Mod/);
});

test('a part of a graph that would be left to the CPU', async () => {
  assertExplained(await writeDlc('cpu-fallback'), 'cpu-fallback', /left to the CPU/);
});

test('a model library in which the code cannot reach the data any more', async () => {
  await writeDlc('float');
  // What ld says when there are 2 GiB of weights in between, without writing them.
  const run = spawnSync(
    'gcc',
    [
      ...[
        '-std=c11',
        '-fPIC',
        '-shared',
        '-DRWKV_DLC_FILE="float.dlc"',
        '-Wl,--section-start=.bss=0x100000000',
      ],
      ...[join(REPOSITORY, 'runtime-native/model-library/model_library.c'), '-o', 'library.so', '-ldl'],
    ],
    { cwd: folder, encoding: 'utf8' },
  );
  assertExplained(run, 'library-too-large', /more chunks/);
});

/** The process that runs a script of a project's build, once it is there. */
async function processOf(script: string, cache: string): Promise<number> {
  let found: number | undefined;
  await until(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        if (command.includes(script) && environment.includes(cache)) found = Number(pid);
      } catch {
        // It ended meanwhile.
      }
    }
    return found !== undefined;
  }, `${script} runs`);
  return found ?? 0;
}

test('a stage that the kernel kills, with the line of the pipeline that makes it need less', async () => {
  const project = shippedProject();
  const child = project.start(['export', '--json']);
  const ended = outcome(child);
  process.kill(await processOf('write_weights.py', project.cache), 'SIGKILL');
  const { stdout } = await ended;
  const events = stdout.split('\n').filter((line) => line.includes('"outcome":"failed"'));
  const { failure } = JSON.parse(events[0] ?? '{}') as ActionFinished;
  project.remove();
  if (failure?.kind !== 'action-failed') throw new Error(`no command failed:\n${stdout}`);
  assert.is(failure.parameter, 'chunks');
  assert.match(failure.message, 'ran out of memory');
  const { location } = failure;
  assert.match(location?.excerpt ?? '', 'chunks: 2');
  assert.match(failure.hint ?? '', `\`chunks\` is set in ${location?.file}:${location?.line}`);
});

test.run();
