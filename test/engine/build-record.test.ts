import {
  appendFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folderFiles } from '../rig/folder-files.ts';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('a build that was recorded');

const PIPELINE = `
version: 1
params:
  word: hello
tasks:
  left: { run: "cat a.txt $(find parts -type f | sort) > left.txt; echo \${{ params.word }} >> left.txt", inputs: [a.txt, parts], outputs: [left.txt] }
  right: { run: "cat notes/*.md > right.txt", inputs: ["notes/*.md"], outputs: [right.txt] }
  both: { run: "mkdir both; cp left.txt right.txt both", inputs: [left.txt, right.txt], outputs: [both/] }
targets: { all: [both] }
`;

/** A file that was written this long ago is trusted by its times, also where the clock ticks in seconds. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

test.before.each(async (context) => {
  context.project = new Project({
    'rwkv.pipeline.yaml': PIPELINE,
    'a.txt': 'a\n',
    'parts/one.txt': '1\n',
    'parts/zero.txt': '',
    'notes/one.md': 'n\n',
  });
  await settle();
  // The second build looks once more at what was too young when the first one ended.
  await context.project.build(['all']);
  await settle();
  await context.project.build(['all']);
});
test.after.each(({ project }) => project.remove());

/** Takes away what only a build that looks everything up needs: one that succeeds did not. */
function forbidLookUps(project: Project): void {
  rmSync(join(project.cache, 'ac'), { recursive: true });
}

test('is known to be up to date by a look at the files alone, with every event', async ({ project }) => {
  forbidLookUps(project);
  const { code, outcomes, events, summary } = await project.build(['all']);
  assert.is(code, 0);
  assert.equal(outcomes, { left: 'cached', right: 'cached', both: 'cached' });
  assert.equal(
    events.flatMap((event) => (event.type === 'artifact' ? [event.path] : [])),
    ['out/both'],
  );
  assert.equal([summary.ran, summary.cached], [0, 3]);
});

test('runs just what a changed input touches, and looks nothing else up', async ({ project }) => {
  forbidLookUps(project);
  project.write('notes/one.md', 'other\n');
  const { outcomes } = await project.build(['all']);
  assert.equal(outcomes, { left: 'cached', right: 'ran', both: 'ran' });
  assert.is(project.read('out/both/right.txt'), 'other\n');
});

const CHANGES: Readonly<Record<string, (project: Project) => void>> = {
  'a file came into an input folder': (project) => project.write('parts/two.txt', '2\n'),
  'a file came into a folder below it': (project) => project.write('parts/deep/two.txt', '2\n'),
  'a file went away': (project) => rmSync(join(project.folder, 'parts/one.txt')),
  'a file came that a glob matches': (project) => project.write('notes/two.md', 'm\n'),
  'a file was replaced by a link': (project) => {
    writeFileSync(join(project.folder, 'elsewhere'), 'b\n');
    rmSync(join(project.folder, 'a.txt'));
    symlinkSync(join(project.folder, 'elsewhere'), join(project.folder, 'a.txt'));
  },
  'a file has the same size and an older time': (project) => {
    project.write('a.txt', 'b\n');
    utimesSync(join(project.folder, 'a.txt'), 1000, 1000);
  },
  'the pipeline file changed': (project) =>
    project.write('rwkv.pipeline.yaml', PIPELINE.replace('word: hello', 'word: bye')),
};
for (const [what, change] of Object.entries(CHANGES)) {
  test(`runs again when ${what}`, async ({ project }) => {
    if (what.includes('below')) {
      project.write('parts/deep/one.txt', '1\n');
      await settle();
      await project.build(['all']);
      await settle();
      await project.build(['all']);
    }
    change(project);
    const { code, summary } = await project.build(['all']);
    assert.is(code, 0);
    assert.ok(summary.ran > 0);
  });
}

test('is idle by a look at once after a build that ran something', async ({ project }) => {
  project.write('notes/one.md', 'other\n');
  await settle();
  assert.is((await project.build(['all'])).summary.ran, 2);
  forbidLookUps(project);
  assert.is((await project.build(['all'])).summary.ran, 0);
});

test('is no longer idle when a blob that was stored just before is gone', async ({ project }) => {
  project.write('notes/one.md', 'other\n');
  await settle();
  await project.build(['all']);
  rmSync(join(project.cache, 'cas'), { recursive: true });
  assert.ok((await project.build(['all'])).summary.ran > 0);
});

test('runs nothing after a touch, and knows it by a look the time after', async ({ project }) => {
  utimesSync(join(project.folder, 'a.txt'), new Date(), new Date());
  await settle();
  assert.is((await project.build(['all'])).summary.ran, 0);
  forbidLookUps(project);
  assert.is((await project.build(['all'])).summary.ran, 0);
});

test('puts back what was edited, deleted or added under out/', async ({ project }) => {
  const edits: ((path: string) => void)[] = [
    (path) => appendFileSync(join(path, 'left.txt'), 'x'),
    (path) => rmSync(join(path, 'left.txt')),
    (path) => rmSync(path, { recursive: true }),
    (path) => writeFileSync(join(path, 'stray'), ''),
  ];
  const folder = join(project.folder, 'out', 'both');
  for (const edit of edits) {
    edit(folder);
    const { summary } = await project.build(['all']);
    assert.is(summary.ran, 0);
    assert.equal(readdirSync(folder).sort(), ['left.txt', 'right.txt']);
    assert.is(project.read('out/both/left.txt'), 'a\n1\nhello\n');
    await settle();
  }
});

test('runs again what the store has lost', async ({ project }) => {
  rmSync(join(project.cache, 'cas'), { recursive: true });
  const { code, summary } = await project.build(['all']);
  assert.is(code, 0);
  // What `both` gives are the same blobs again.
  assert.is(summary.ran, 2);
});

test('is another one with another parameter', async ({ project }) => {
  const other = await project.build(['all', '--set', 'word=bye']);
  assert.is(other.outcomes.left, 'ran');
  assert.is(project.read('out/both/left.txt'), 'a\n1\nbye\n');
  const back = await project.build(['all']);
  assert.is(back.summary.ran, 0);
  assert.is(project.read('out/both/left.txt'), 'a\n1\nhello\n');
});

test('is looked up in the store when its record is damaged', async ({ project }) => {
  const records = join(project.cache, 'records');
  for (const name of ['check.json', 'build.jsonl']) {
    for (const record of readdirSync(records)) writeFileSync(join(records, record, name), '{"format":1');
    assert.equal((await project.build(['all'])).summary.cached, 3);
  }
});

test('that failed is never taken for one that is up to date', async ({ project }) => {
  project.write('a.txt', 'b\n');
  project.write('rwkv.pipeline.yaml', PIPELINE.replace('cat a.txt', 'grep -q a a.txt; cat a.txt'));
  await settle();
  for (const _ of [1, 2, 3]) assert.is((await project.run(['all'])).code, 1);
});

test('writes nothing when there is nothing to do', async ({ project }) => {
  const files = (): string[] => folderFiles(project.cache).map((path) => `${path} ${statSync(path).mtimeMs}`);
  const before = files();
  await project.build(['all']);
  assert.equal(files(), before);
});

test.run();
