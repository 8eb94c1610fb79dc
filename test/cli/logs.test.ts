import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the logs of actions');

const TALKING = `
version: 1
params: { word: hello }
tasks:
  say: { run: "echo I say \${{ params.word }}; echo to stderr >&2; echo x > said.txt", outputs: [said.txt] }
  shout: { run: "seq 1 100; exit 3", inputs: [said.txt], outputs: [shout.txt] }
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': TALKING });
});
test.after.each(({ project }) => project.remove());

test('are printed again whenever they are asked for', async ({ project }) => {
  await project.build(['say']);
  const { code, stdout } = await project.run(['logs', 'say']);
  assert.is(code, 0);
  assert.is(stdout.split('\n').sort().join('\n').trim(), 'I say hello\nto stderr');
});

test('are shown for reused results too with --logs, and not without', async ({ project }) => {
  await project.build(['say']);
  const quiet = await project.run(['say']);
  assert.not.match(quiet.stderr, 'I say hello');
  const loud = await project.run(['say', '--logs']);
  assert.match(loud.stderr, '── say\n  I say hello');
  const { events, outcomes } = await project.build(['say', '--logs']);
  assert.equal(outcomes, { say: 'cached' });
  const log = events.find((event) => event.type === 'action-log');
  assert.match(log?.type === 'action-log' ? log.text : '', 'to stderr');
});

test('of a failed action are kept whole, and its failure says where', async ({ project }) => {
  const { code, stderr, events } = await (async () => {
    const built = await project.build(['shout']);
    const lines = await project.run(['shout']);
    return { ...built, stderr: lines.stderr };
  })();
  assert.is(code, 1);
  const failed = events.find((event) => event.type === 'action' && event.outcome === 'failed');
  const path = failed?.type === 'action' ? (failed.log ?? '') : '';
  assert.is(readFileSync(path, 'utf8').split('\n').length, 101, 'all hundred lines, not the last thirty');
  assert.match(stderr, `all that it wrote: ${path}`);
  const printed = await project.run(['logs', 'shout']);
  assert.match(printed.stdout, /^1\n2\n3\n/);
});

test('are missing in words for what never ran', async ({ project }) => {
  const { stderr, stdout } = await project.run(['logs', 'say']);
  assert.is(stdout, '');
  assert.match(stderr, 'say: no log is kept');
  const unknown = await project.run(['logs', 'say/x']);
  assert.is(unknown.code, 2);
});

test.run();
