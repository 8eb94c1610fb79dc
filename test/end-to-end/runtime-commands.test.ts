import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REPOSITORY } from '../rig/project.ts';
import { shippedTwin } from '../rig/shipped-project.ts';
import { qnnLibraries, stagePython } from '../rig/stage-environment.ts';

const test = suite('the commands of rwkv-run');

const project = await shippedTwin();
const WANTED = ['runtime', 'context', 'library', '--precision', 'fp16', '--soc', 'SM8650'];
assert.is((await project.build(WANTED)).code, 0);
const program = join(project.folder, 'out/runtime/x86_64-linux/rwkv-run');
const libraries = await qnnLibraries();
const MODEL = 'out/rwkv7-austen/fp16/SM8650';
const CONTEXT = 'rwkv7-austen_chunk1of2.bin';
const BYTE = ['--tokenizer', 'byte'];
const GREEDY = ['--temperature', '0'];
const at = (name: string): string => join(project.folder, name);

function run(words: readonly string[], input = ''): SpawnSyncReturns<string> {
  // What rwkv-run finds by itself, as on a phone.
  const env = { ...process.env, LD_LIBRARY_PATH: libraries };
  return spawnSync(program, words, { cwd: project.folder, encoding: 'utf8', env, input });
}

function done(words: readonly string[], input = ''): SpawnSyncReturns<string> {
  const ended = run(words, input);
  assert.is(ended.status, 0, `${words.join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

test('generate: says which libraries it found, streams a text and ends with the speeds', () => {
  const { stdout, stderr } = done([
    ...['generate', MODEL, ...BYTE, ...GREEDY],
    ...['--prompt', 'It was a ', '--tokens', '6'],
  ]);
  assert.match(stdout, /^.{1,6}\n$/);
  assert.match(stderr, `QNN: ${libraries}\n`);
  assert.match(
    stderr,
    /^Load: .* s\nTime to first token: .* s\nPrefill: 10 tokens, .*\nGeneration: 6 tokens, .* tokens\/s\n$/m,
  );
});

test('generate: goes on from a saved state as if it had never ended, and stops before a stop string', () => {
  const from = ['generate', '--context', join(MODEL, CONTEXT), ...BYTE, ...GREEDY];
  const whole = done([...from, '--prompt', 'It was a ', '--tokens', '8', '--json', '-']);
  const { text } = JSON.parse(whole.stdout) as { text: string };
  const first = done([...from, '--prompt', 'It was a ', '--tokens', '3', '--save-state', 'a.state']);
  const second = done([...from, '--load-state', 'a.state', '--tokens', '5']);
  assert.is(first.stdout.slice(0, -1) + second.stdout.slice(0, -1), text);
  const stopped = done([...from, '--prompt', 'It was a ', '--tokens', '8', '--stop', text.slice(2, 4)]);
  assert.is(stopped.stdout, `${text.slice(0, text.indexOf(text.slice(2, 4)))}\n`);
});

test('generate: says of model libraries what it says of the contexts, and refuses contexts on the CPU', () => {
  const asked = [...BYTE, ...GREEDY, '--prompt', 'It was a ', '--tokens', '6'];
  const library = done(['generate', 'out/rwkv7-austen/fp16/lib/x86_64-linux', '--soc-id', '57', ...asked]);
  assert.is(library.stdout, done(['generate', MODEL, ...asked]).stdout);
  const refused = run(['generate', MODEL, '--backend', 'cpu', ...asked]);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, /chunk1of2\.bin: is a context binary, which only the HTP runs, not the CPU/);
  assert.match(refused.stderr, 'librwkv7-austen_chunk1of2.so');
  const unknown = run(['generate', MODEL, '--backend', 'npu', ...asked]);
  assert.is(unknown.status, 2);
  assert.match(unknown.stderr, '--backend npu: expected htp, cpu or gpu');
});

test('bench: labels emulated runs in every format', () => {
  const sizes = ['-p', '4', '-n', '2', '--repetitions', '2', '--warm-up', '0'];
  const md = done(['bench', MODEL, ...sizes]);
  assert.match(md.stdout, /\| SM8650 \| emulator, not a phone \| pp4 .* ± .*\n.*\| tg2 /);
  assert.match(md.stderr, 'emulator: these times are of this machine');
  const json = done(['bench', MODEL, ...sizes, '--output', 'jsonl'])
    .stdout.trimEnd()
    .split('\n');
  const rows = json.map((line) => JSON.parse(line));
  assert.equal(
    rows.map(({ test: name, emulated, repetitions }) => [name, emulated, repetitions]),
    [
      ['pp4', true, 2],
      ['tg2', true, 2],
    ],
  );
});

test('eval: finds perplexity, the distance from logits of its own to be none, and last words', () => {
  const text = ['--text', 'models/rwkv7-austen/heldout.txt', '--tokens', '6'];
  done(['eval', MODEL, ...BYTE, ...text, '--logits', 'own.f32']);
  done(['eval', MODEL, ...BYTE, ...text, '--reference', 'own.f32', '--json', 'eval.json']);
  const { evaluation } = JSON.parse(readFileSync(at('eval.json'), 'utf8'));
  assert.is(evaluation.kl_max, 0);
  assert.ok(evaluation.perplexity > 1);
  writeFileSync(at('lambada.jsonl'), '{"text": "It is a"}\n{"id": 1, "text": "of Q"}\n');
  const { lambada } = JSON.parse(
    done(['eval', MODEL, ...BYTE, '--lambada', 'lambada.jsonl', '--json', '-']).stdout,
  );
  assert.is(lambada.passages, 2);
  assert.ok([0, 0.5].includes(lambada.accuracy), 'no English word is "Q"');
  assert.ok(lambada.perplexity > 1);
});

test('tokenize: gives ids and takes them back', () => {
  assert.is(done(['tokenize', ...BYTE, 'Hé']).stdout, '72 195 169\n');
  assert.is(done(['tokenize', ...BYTE, '--decode', '72,195 169']).stdout, 'Hé\n');
  assert.is(
    done(['tokenize', ...BYTE, '--file', 'models/rwkv7-austen/heldout.txt', '--count']).stdout,
    `${readFileSync(at('models/rwkv7-austen/heldout.txt')).length}\n`,
  );
  const { status, stderr } = run(['tokenize', ...BYTE, '--decode', 'x']);
  assert.is(status, 2);
  assert.match(stderr, 'expected a whole number');
});

test('info: tells what the build’s own report tells, without a device', () => {
  const { contexts } = JSON.parse(done(['info', MODEL, '--json', '-']).stdout);
  for (const { file, ...found } of contexts) {
    const report = JSON.parse(readFileSync(at(join(MODEL, file.replace('.bin', '.json'))), 'utf8'));
    for (const key of Object.keys(found).filter((name) => name !== 'graphs')) {
      assert.equal(found[key], report[key], `${file}: ${key}`);
    }
    assert.equal(found.graphs[0].inputs, report.graphs[0].inputs);
  }
  const { stdout } = done(['info', join(MODEL, 'rwkv7-austen_chunk2of2.bin'), '--only']);
  assert.match(stdout, /^rwkv7-austen_chunk2of2\.bin: .* for SM8650 \(SoC 57\), HTP v75, compiled by QNN v2/);
  assert.match(stdout, /out logits +float\d+ +\[1, (1, )?256\]/);
});

test('chat: answers each line of a pipe, and a loaded conversation as the saved one', () => {
  const chat = ['chat', MODEL, ...BYTE, ...GREEDY, '--tokens', '4', '--system', 'Be brief.'];
  const whole = done(chat, 'one\n/save b.state\ntwo\n').stdout;
  assert.is(whole.split('\n').length, 3);
  const loaded = done([...chat, '--load-state', 'b.state'], 'two').stdout;
  assert.is(loaded, whole.slice(whole.indexOf('\n') + 1));
  const { status, stderr } = run(chat, '/sav b.state\n');
  assert.is(status, 2);
  assert.match(stderr, '/sav: unknown; did you mean /save?');
});

test('chat: on a terminal Ctrl-C ends the answer and Ctrl-D the program', async () => {
  const steps = [
    ['\n> ', 'Tell me of Emma.\n'],
    // Ctrl-C when the answer has begun.
    ['Emma\\.\r\n[^\r\n]', '\u0003'],
    ['\\(cancelled\\)\r\n> ', '/reset\n'],
    ['> ', '/lod x\n'],
    ['did you mean /load\\?\r\n> ', '/load nowhere.state\n'],
    ['nowhere.state: ', ''],
    ['> ', '\u0003'],
    ['> ', '\u0004'],
  ];
  const script = join(REPOSITORY, 'test/rig/terminal_chat.py');
  writeFileSync(at(join(MODEL, 'tokenizer.txt')), 'byte\n');
  const words = ['chat', MODEL, '--qnn-libs', libraries, '--tokens', '100000'];
  const { status, stdout, stderr } = spawnSync(
    await stagePython(),
    [script, JSON.stringify(steps), program, ...words],
    { cwd: project.folder, encoding: 'utf8' },
  );
  assert.is(status, 0, stdout + stderr);
});

test('a vote for the clocks is taken back by every way to end, which stays what it was', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGABRT', undefined] as const) {
    const words = ['generate', MODEL, ...BYTE, '--prompt', 'a', '--qnn-libs', libraries, '--verbose'];
    const tokens = ['--tokens', signal === undefined ? '2' : '100000'];
    const running = spawn(program, [...words, ...tokens], { cwd: project.folder });
    let log = '';
    running.stderr.on('data', (text: Buffer) => {
      log += text.toString();
    });
    running.stdout.once('data', () => signal !== undefined && running.kill(signal));
    const [status, ended] = (await once(running, 'close')) as [number | null, string | null];
    assert.is(signal === undefined ? status : ended, signal ?? 0, log);
    const asked = [...log.matchAll(/(Create|Destroy|Set)PowerConfig(?:Id)? started/g)].map(
      ([, what]) => what,
    );
    assert.equal(asked, ['Create', 'Set', 'Set', 'Set', 'Set', 'Destroy']);
  }
});

test('a performance mode that is unknown is refused by a list of all', () => {
  const { status, stderr } = run(['generate', MODEL, ...BYTE, '--prompt', 'a', '--performance', 'turbo']);
  assert.is(status, 2);
  assert.match(stderr, "--performance 'turbo': is unknown; take one of burst, ");
});

test('a command that is unknown or forgotten is guessed, and a wrong word is exit code 2', () => {
  const guesses: readonly (readonly [readonly string[], string])[] = [
    [['genrate'], 'did you mean generate?'],
    [[MODEL, '--lambada', 'x'], `did you mean rwkv-run eval ${MODEL}?`],
    [['--context', 'x', '--prompt', 'y'], 'did you mean rwkv-run generate --context?'],
    [['eval', MODEL, ...BYTE, '--text', 'a', '--lambada', 'b'], 'give either --text or --lambada'],
    [['generate', ...BYTE], 'the model is missing'],
    [['generate', join(MODEL, CONTEXT)], '--tokenizer is missing'],
    [['bench', MODEL, '-p', '0', '-n', '0'], 'leave nothing to measure'],
  ];
  for (const [words, message] of guesses) {
    const { status, stderr } = run(words);
    assert.is(status, 2, words.join(' '));
    assert.match(stderr, message);
  }
  for (const name of ['generate', 'chat', 'bench', 'eval', 'tokenize', 'info']) {
    assert.match(done(['--help']).stdout, `rwkv-run ${name} `);
    assert.match(done([name, '--help']).stdout, /^rwkv-run .*\n[\s\S]*--verbose/);
  }
});

test.run();
