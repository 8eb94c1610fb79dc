import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folderFiles } from '../rig/folder-files.ts';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('a recorded build of which little changed');

const CELLS = 30;
const PIPELINE = `
version: 1
tasks:
  root: { run: "cat root.txt > root.out", inputs: [root.txt], outputs: [root.out] }
  leaf:
    run: "cat root.out in/\${{ matrix.n }}.txt > leaf-\${{ matrix.n }}.out"
    matrix: { n: [${Array.from({ length: CELLS }, (_, n) => n).join(', ')}] }
    inputs: [root.out, "in/\${{ matrix.n }}.txt"]
    outputs: ["leaf-\${{ matrix.n }}.out"]
  sum: { run: "cat leaf-7.out notes/*.md > sum.out", inputs: [leaf-7.out, "notes/*.md"], outputs: [sum.out] }
targets: { all: [leaf, sum] }
`;

/** A file that was written this long ago is trusted by its times, also where the clock ticks in seconds. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

test.before.each(async (context) => {
  const inputs = Array.from({ length: CELLS }, (_, n) => [`in/${n}.txt`, `${n}\n`] as const);
  context.project = new Project({
    'rwkv.pipeline.yaml': PIPELINE,
    'root.txt': 'root\n',
    'notes/a.md': 'a\n',
    ...Object.fromEntries(inputs),
  });
  await settle();
  for (const _ of [1, 2]) {
    await context.project.build(['all']);
    await settle();
  }
});
test.after.each(({ project }) => project.remove());

/** The one record of the project. */
function recordFolder(project: Project): string {
  const [name = ''] = readdirSync(join(project.cache, 'records'));
  return join(project.cache, 'records', name);
}

/** Takes away what only a build that looks everything up needs: one that succeeds did not. */
function forbidLookUps(project: Project): void {
  rmSync(join(project.cache, 'ac'), { recursive: true, force: true });
}

async function changeLeaf(project: Project, n: number, text: string): Promise<void> {
  project.write(`in/${n}.txt`, text);
  await settle();
}

test('writes what changed and leaves the record as it is', async ({ project }) => {
  const whole = join(recordFolder(project), 'build.jsonl');
  const before = statSync(whole).mtimeMs;
  await changeLeaf(project, 3, 'new\n');
  assert.is((await project.build(['all'])).summary.ran, 1);
  assert.is(statSync(whole).mtimeMs, before);
  const patch = readFileSync(join(recordFolder(project), 'patch.json'), 'utf8');
  assert.ok(patch.length < statSync(whole).size / 5);
  await project.build(['all']);
  assert.is(readFileSync(join(recordFolder(project), 'patch.json'), 'utf8'), patch, 'the next build is idle');
});

test('tells of every action and every artifact, in the order of a whole build', async ({ project }) => {
  const paths = ({ events }: Awaited<ReturnType<Project['build']>>): string[] =>
    events.flatMap((event) => (event.type === 'artifact' ? [`${event.path} ${event.digest}`] : []));
  await changeLeaf(project, 3, 'new\n');
  const built = await project.build(['all']);
  assert.is(Object.keys(built.outcomes).length, CELLS + 2);
  assert.equal([built.summary.ran, built.summary.cached], [1, CELLS + 1]);
  const started = built.events.find((event) => event.type === 'started');
  assert.is(started?.type === 'started' ? started.actions : 0, CELLS + 2);
  forbidLookUps(project);
  const idle = await project.build(['all']);
  assert.is(idle.summary.ran, 0);
  assert.equal(paths(idle), paths(built));
  rmSync(join(project.cache, 'records'), { recursive: true });
  assert.equal(paths(await project.build(['all'])), paths(built));
});

test('is no longer idle when the blob of the change is gone', async ({ project }) => {
  for (const text of ['new\n', 'newer\n']) {
    await changeLeaf(project, 3, text);
    await project.build(['all']);
    await settle();
  }
  for (const blob of folderFiles(join(project.cache, 'cas'))) {
    if (readFileSync(blob, 'utf8') === 'root\nnewer\n') rmSync(blob);
  }
  const { outcomes } = await project.build(['all']);
  assert.equal([outcomes['leaf/3'], outcomes['leaf/4']], ['ran', 'cached']);
});

test('adds one change to another', async ({ project }) => {
  for (const [n, text] of [
    [3, 'x\n'],
    [7, 'y\n'],
    [3, 'z\n'],
  ] as const) {
    await changeLeaf(project, n, text);
    assert.is((await project.build(['all'])).summary.ran, n === 7 ? 2 : 1);
    assert.is(project.read(`out/leaf-${n}.out`), `root\n${text}`);
  }
  assert.is(project.read('out/sum.out'), 'root\ny\na\n');
  forbidLookUps(project);
  assert.is((await project.build(['all'])).summary.ran, 0);
});

test('goes back to an earlier result', async ({ project }) => {
  await changeLeaf(project, 3, 'x\n');
  await project.build(['all']);
  await changeLeaf(project, 3, '3\n');
  assert.is((await project.build(['all'])).summary.ran, 0);
  assert.is(project.read('out/leaf-3.out'), 'root\n3\n');
});

test('runs everything again when what all depend on changed', async ({ project }) => {
  project.write('root.txt', 'other\n');
  await settle();
  assert.is((await project.build(['all'])).summary.ran, CELLS + 2);
  await changeLeaf(project, 5, 'x\n');
  assert.is((await project.build(['all'])).summary.ran, 1);
  assert.is(project.read('out/leaf-5.out'), 'other\nx\n');
});

test('is recorded anew when an action looked at other files', async ({ project }) => {
  project.write('notes/b.md', 'b\n');
  await settle();
  assert.is((await project.build(['all'])).summary.ran, 1);
  assert.is(project.read('out/sum.out'), 'root\n7\na\nb\n');
  forbidLookUps(project);
  assert.is((await project.build(['all'])).summary.ran, 0);
  project.write('notes/b.md', 'c\n');
  await settle();
  assert.is((await project.build(['all'])).summary.ran, 1);
});

test('puts back one file under out/ without looking at the others', async ({ project }) => {
  rmSync(join(project.folder, 'out', 'leaf-9.out'));
  forbidLookUps(project);
  assert.is((await project.build(['all'])).summary.ran, 0);
  assert.is(project.read('out/leaf-9.out'), 'root\n9\n');
  assert.is((await project.build(['all'])).summary.ran, 0);
});

test('runs again what lost its result to a blob that was cut short', async ({ project }) => {
  // The folder of the blob stays as it is: only a look at the blob itself tells.
  for (const blob of folderFiles(join(project.cache, 'cas'))) {
    if (readFileSync(blob, 'utf8') !== 'root\n7\n') continue;
    chmodSync(blob, 0o644);
    writeFileSync(blob, 'ro');
  }
  project.write('notes/a.md', 'z\n');
  await settle();
  const { code, outcomes } = await project.build(['all']);
  assert.is(code, 0);
  assert.equal([outcomes['leaf/7'], outcomes.sum, outcomes['leaf/8']], ['ran', 'ran', 'cached']);
  assert.is(project.read('out/sum.out'), 'root\n7\nz\n');
});

for (const name of ['patch.json', 'build.jsonl']) {
  test(`is looked up in the store when ${name} is damaged`, async ({ project }) => {
    await changeLeaf(project, 3, 'x\n');
    await project.build(['all']);
    const path = join(recordFolder(project), name);
    const text = readFileSync(path, 'utf8');
    // Lines of single actions too, but not the first ones, which tell of all.
    writeFileSync(path, text.slice(0, text.length / 2) + '\0'.repeat(text.length / 2));
    await changeLeaf(project, 29, 'y\n');
    assert.is((await project.build(['all'])).summary.ran, 1);
    assert.is(project.read('out/leaf-29.out'), 'root\ny\n');
    assert.is(project.read('out/leaf-3.out'), 'root\nx\n');
    assert.is((await project.build(['all'])).summary.ran, 0);
  });
}

test.run();
