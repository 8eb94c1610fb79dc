import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the failure of one action');

/** `bad` fails when `long` runs; `long` ends by itself after `bad`'s failure is known; `later` waits for a core. */
const PIPELINE = `
version: 1
tasks:
  bad: { run: "while [ ! -e FOLDER/long-runs ]; do sleep 0.02; done; exit 3", outputs: [bad.txt] }
  long: { run: "touch FOLDER/long-runs; sleep 1.5; echo x > long.txt", outputs: [long.txt] }
  after: { run: "cp long.txt after.txt", inputs: [long.txt], outputs: [after.txt] }
  below: { run: "cp bad.txt below.txt", inputs: [bad.txt], outputs: [below.txt] }
targets: { all: [bad, long, after, below] }
`;

test.before.each((context) => {
  context.project = new Project();
  context.project.write('rwkv.pipeline.yaml', PIPELINE.replaceAll('FOLDER', context.project.folder));
});
test.after.each(({ project }) => project.remove());

test('lets what runs come to its end and starts nothing new', async ({ project }) => {
  const { code, outcomes } = await project.build(['all', '--jobs', '2']);
  assert.is(code, 1);
  assert.equal(outcomes, { bad: 'failed', long: 'ran', after: 'skipped', below: 'skipped' });
});

test('stops nothing that does not depend on it with --keep-going', async ({ project }) => {
  const { code, outcomes } = await project.build(['all', '--jobs', '2', '--keep-going']);
  assert.is(code, 1);
  assert.equal(outcomes, { bad: 'failed', long: 'ran', after: 'ran', below: 'skipped' });
  assert.ok(existsSync(join(project.folder, 'out/after.txt')));
});

test('ends what runs with --on-failure kill, and is the only failure', async ({ project }) => {
  const { code, outcomes, summary } = await project.build(['all', '--jobs', '2', '--on-failure', 'kill']);
  assert.is(code, 1);
  assert.equal(outcomes, { bad: 'failed', long: 'skipped', after: 'skipped', below: 'skipped' });
  assert.is(summary.failed, 1);
});

test('is the task’s own matter where it says so', async ({ project }) => {
  const own = project.read('rwkv.pipeline.yaml').replace('bad: { run', 'bad: { on-failure: continue, run');
  project.write('rwkv.pipeline.yaml', own);
  const { outcomes } = await project.build(['all', '--jobs', '2', '--on-failure', 'kill']);
  assert.equal(outcomes, { bad: 'failed', long: 'ran', after: 'ran', below: 'skipped' });
});

test('has no other modes', async ({ project }) => {
  const { code, stderr } = await project.run(['all', '--on-failure', 'ignore']);
  assert.is(code, 2);
  assert.match(stderr, /continue, finish, kill/);
});

test.run();
