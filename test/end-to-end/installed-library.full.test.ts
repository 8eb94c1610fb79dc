import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testPython } from '../../scripts/test-packages.ts';
import { REPOSITORY, USER_CACHE } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';
import { qnnLibraries, stagePython } from '../rig/stage-environment.ts';

const test = suite('the installed library');
const folder = mkdtempSync(join(tmpdir(), 'rwkv-installed-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const prefix = join(folder, 'prefix');
const NATIVE = join(REPOSITORY, 'runtime-native');

function run(command: readonly string[], environment: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const [program = '', ...words] = command;
  const ended = spawnSync(program, words, { encoding: 'utf8', env: { ...process.env, ...environment } });
  assert.is(ended.status, 0, `${command.join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

/** CMake, ninja and pkgconf are Python packages: nothing of the system's is needed. */
interface BuildTools {
  readonly cmake: readonly string[];
  readonly generator: readonly string[];
  readonly pkgconf: readonly string[];
}

async function buildTools(): Promise<BuildTools> {
  const python = await testPython(REPOSITORY, USER_CACHE);
  return {
    cmake: [python, '-m', 'cmake'],
    generator: ['-G', 'Ninja', `-DCMAKE_MAKE_PROGRAM=${join(dirname(python), 'ninja')}`],
    pkgconf: [python, '-m', 'pkgconf'],
  };
}

let installation: Promise<BuildTools> | undefined;

function installed(): Promise<BuildTools> {
  installation ??= (async () => {
    const tools = await buildTools();
    const build = join(folder, 'build');
    const options = ['-DRWKV_QNN_PROGRAMS=OFF', '-DCMAKE_BUILD_TYPE=RelWithDebInfo'];
    const strict = '-DRWKV_QNN_WARNINGS_ARE_ERRORS=ON';
    run([...tools.cmake, '-S', NATIVE, '-B', build, ...tools.generator, ...options, strict]);
    run([...tools.cmake, '--build', build]);
    run([...tools.cmake, '--install', build, '--prefix', prefix]);
    // Whatever still leads into the build's tree fails from here on.
    rmSync(build, { recursive: true });
    return tools;
  })();
  return installation;
}

async function modelWords(): Promise<readonly [string, string]> {
  const { project } = await shippedBuild();
  return [
    await qnnLibraries(),
    join(project.folder, 'out/rwkv7-austen/fp16/SM8650/rwkv7-austen_chunk1of2.bin'),
  ];
}

const EXAMPLE = join(NATIVE, 'examples');
const PROMPT = 'It was a ';

test('is found by CMake from a project of its own, whose example writes a text', async () => {
  const { cmake, generator } = await installed();
  const own = join(folder, 'own');
  const build = join(folder, 'example');
  cpSync(EXAMPLE, own, { recursive: true });
  run([...cmake, '-S', own, '-B', build, ...generator, `-DCMAKE_PREFIX_PATH=${prefix}`]);
  run([...cmake, '--build', build]);
  const [libraries, model] = await modelWords();
  const first = run([join(build, 'generate'), libraries, model, 'byte', PROMPT]);
  assert.match(first.stdout, /^[\p{L}\s\p{P}]{10,}$/u);
  assert.is(run([join(build, 'generate'), libraries, model, 'byte', PROMPT]).stdout, first.stdout);
});

test('is found by pkg-config, and its header is C', async () => {
  const { pkgconf } = await installed();
  const flags = run([...pkgconf, '--cflags', '--libs', 'rwkv_qnn'], {
    PKG_CONFIG_PATH: join(prefix, 'lib', 'pkgconfig'),
  }).stdout.trim();
  const program = join(folder, 'generate');
  run([
    ...['gcc', '-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', join(EXAMPLE, 'generate.c')],
    ...['-o', program, ...flags.split(' '), `-Wl,-rpath,${join(prefix, 'lib')}`],
  ]);
  const wrong = spawnSync(program, ['nowhere', 'nothing', 'byte', PROMPT], { encoding: 'utf8' });
  assert.is(wrong.status, 1);
  assert.match(wrong.stderr, /^nothing: doesn't exist/);
});

test('shows nothing but its interface', async () => {
  await installed();
  const symbols = run(['nm', '-D', '--defined-only', join(prefix, 'lib', 'librwkv_qnn.so')]).stdout;
  const shown = symbols
    .split('\n')
    .filter((line) => / [TDBR] /.test(line))
    .map((line) => line.slice(line.lastIndexOf(' ') + 1));
  assert.ok(shown.length > 30);
  assert.equal(
    shown.filter((name) => !name.startsWith('rwkv_qnn_')),
    [],
  );
});

test('is driven from Python by the bindings that are installed with it', async () => {
  await installed();
  const [libraries, model] = await modelWords();
  const said = run([
    await stagePython(),
    join(REPOSITORY, 'test/rig/bindings_session.py'),
    join(prefix, 'share/rwkv_qnn/rwkv_qnn.py'),
    join(prefix, 'lib/librwkv_qnn.so'),
    libraries,
    model,
  ]);
  assert.ok(said.stdout.length > 1);
});

test("gives bit for bit the logits that ONNX Runtime's QNN provider gives of the same contexts", async () => {
  await installed();
  const { project } = await shippedBuild();
  for (const precision of ['fp16', 'a16w8']) {
    const said = run([
      await stagePython(),
      join(REPOSITORY, 'bench/runtime/provider_session.py'),
      join(prefix, 'share/rwkv_qnn/rwkv_qnn.py'),
      join(prefix, 'lib/librwkv_qnn.so'),
      join(project.folder, `out/rwkv7-austen/${precision}/SM8650/rwkv7-austen_chunk1of2.bin`),
      mkdtempSync(join(folder, 'provider-')),
      '64',
    ]).stdout;
    const found = JSON.parse(said.slice(said.indexOf('{"tokens"'))) as { tokens: number; different: number };
    assert.is(found.tokens, 64);
    assert.is(found.different, 0);
  }
});

test.run();
