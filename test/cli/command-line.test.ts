import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, written } from '../rig/project.ts';

const test = suite<{ project: Project }>('the command line');

const TWO_TASKS = `
version: 1
params: { word: hello }
tasks:
  say: { run: "echo \${{ params.word }} > said.txt", outputs: [said.txt] }
  count: { run: wc -c < said.txt > count.txt, inputs: [said.txt], outputs: [count.txt] }
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': TWO_TASKS });
});
test.after.each(({ project }) => project.remove());

test('shows help with examples and exit codes, and the version', async ({ project }) => {
  const help = await project.run(['--help']);
  assert.is(help.code, 0);
  assert.match(help.stdout, 'Examples:');
  assert.match(help.stdout, 'Exit codes:');
  const version = await project.run(['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test('refuses an unknown option with the nearest one and exit code 2', async ({ project }) => {
  const { code, stderr } = await project.run(['say', '--sco', 'SM8650']);
  assert.is(code, 2);
  assert.match(stderr, '--soc');
});

test('refuses an adb server that is no HOST:PORT', async ({ project }) => {
  const { code, stderr } = await project.run(['plan', 'say', '--adb-server', '5037']);
  assert.is(code, 2);
  assert.match(stderr, 'Expected HOST:PORT, such as lab:5037.');
});

test('plans without running: what would run, why, and what cannot be known before', async ({ project }) => {
  const fresh = await project.run(['plan', 'count']);
  assert.is(fresh.code, 0);
  assert.match(fresh.stdout, 'run say');
  assert.match(fresh.stdout, 'it has never been built here');
  assert.match(fresh.stdout, '2 of 2 actions have to run; how long is not known');
  await project.build(['count']);
  const changed = await project.run(['plan', 'count', '--set', 'word=bye']);
  assert.match(changed.stdout, 'run say');
  assert.match(changed.stdout, 'may run count');
  const { outcomes } = await project.build(['count']);
  assert.equal(outcomes, { say: 'cached', count: 'cached' }, 'the plan ran nothing');
});

test('says why a task has to run, in words', async ({ project }) => {
  await project.build(['count']);
  const same = await project.run(['why', 'say']);
  assert.match(same.stdout, 'say: up to date');
  const { stdout } = await project.run(['why', 'say', '--set', 'word=bye']);
  assert.match(stdout, 'say: has to run');
  assert.match(stdout, 'echo hello');
  assert.match(stdout, 'echo bye');
});

test('prints the status of each task', async ({ project }) => {
  await project.build(['say']);
  const { stdout } = await project.run(['status', 'count']);
  assert.match(stdout, /say +1\/1 +up to date/);
  assert.match(stdout, /count +0\/1 +1 to run/);
});

test('draws the graph for mermaid and dot', async ({ project }) => {
  const mermaid = await project.run(['graph', 'count']);
  assert.match(mermaid.stdout, 'flowchart LR');
  assert.match(mermaid.stdout, 'n0 --> n1');
  const dot = await project.run(['graph', 'count', '--format', 'dot']);
  assert.match(dot.stdout, '"say" -> "count"');
});

test('cleans what it published and nothing else', async ({ project }) => {
  await project.build(['say']);
  project.write('mine.txt', 'x');
  assert.is((await project.run(['clean'])).code, 0);
  assert.throws(() => project.read('out/said.txt'));
  assert.is(project.read('mine.txt'), 'x');
  assert.equal((await project.build(['say'])).outcomes, { say: 'cached' });
  assert.is((await project.run(['clean', 'store'])).code, 0);
  assert.equal((await project.build(['say'])).outcomes, { say: 'ran' });
});

/** A PATH with just these programs of this machine's. */
function pathWith(project: Project, programs: Readonly<Record<string, string>>): string {
  const folder = join(project.folder, '..', 'bin');
  mkdirSync(folder);
  for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(folder, name));
  return folder;
}

test('says that there is no g++, and the command that brings it, with exit code 3', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    'version: 1\ntasks:\n  runtime: { uses: build-runtime, with: { target: x86_64-linux } }\n',
  );
  const PATH = pathWith(project, {});
  const { code, stderr } = await project.run(['runtime'], { PATH });
  assert.is(code, 3);
  assert.match(stderr, '`g++` is not on this machine');
  assert.match(stderr, 'apt-get install -y g++');
  const doctor = await project.run(['doctor'], { PATH });
  assert.is(doctor.code, 3);
  assert.match(doctor.stdout, 'apt-get install -y g++');
  assert.match(doctor.stdout, 'apt-get install -y python3 python3-venv');
});

test('finds nothing missing where everything is there', async ({ project }) => {
  const { code, stdout } = await project.run(['doctor', '--json']);
  assert.is(code, 0, stdout);
  const checks = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; state: string });
  assert.is(checks.find(({ name }) => name === 'g++')?.state, 'ok');
});

test('says where the store is, how large it may become, and how files get out of it', async ({ project }) => {
  const { stdout } = await project.run(['doctor'], { RWKV_BUILD_CACHE_LIMIT: '7GB' });
  assert.match(stdout, new RegExp(`ok +store +${project.cache}, .* free`));
  assert.match(stdout, /ok +store limit +7\.0 GB \(by RWKV_BUILD_CACHE_LIMIT\)/);
  assert.match(stdout, /ok +store links +commands get inputs by hard link; (files that share|no reflinks)/);
  assert.match(stdout, /(ok|absent) +bubblewrap/);
  const wrong = await project.run(['doctor'], { RWKV_BUILD_CACHE_LIMIT: 'much' });
  assert.is(wrong.code, 3);
  assert.match(wrong.stdout, 'is not a size');
});

test('a reader that goes away ends the help without a word', async ({ project }) => {
  const child = project.start(['--help']);
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  let talk = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    talk += chunk.toString();
  });
  child.stdout?.destroy();
  assert.is(await ended, 141);
  assert.is(talk, '');
});

test('a reader that goes away ends a build without a word', async () => {
  const tasks = Array.from({ length: 300 }, (_, at) => `  t${at}: { run: ": > ${at}", outputs: ["${at}"] }`);
  const long = new Project({ 'rwkv.pipeline.yaml': `version: 1\ntasks:\n${tasks.join('\n')}\n` });
  try {
    const child = long.start(['--json']);
    const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
    let talk = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      talk += chunk.toString();
    });
    await written(child, '"started"');
    child.stdout?.destroy();
    assert.is(await ended, 141);
    assert.is(talk, '');
  } finally {
    long.remove();
  }
});

test.run();
