import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the command why');

const CHAIN = `
version: 1
params: { chunks: 2, greeting: hello }
tasks:
  upper:
    run: |
      sleep 0.2
      tr a-z A-Z < text.txt > upper.txt
    inputs: [text.txt]
    outputs: [upper.txt]
  first:
    run: head -n \${{ params.chunks }} upper.txt > first.txt
    inputs: [upper.txt]
    outputs: [first.txt]
  greet:
    run: echo "\${{ params.greeting }} $(cat first.txt)" > greeting.txt
    inputs: [first.txt]
    outputs: [greeting.txt]
targets:
  all: [greet]
`;

test.before.each(async (context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': CHAIN, 'text.txt': 'ada\nbabbage\n' });
  await context.project.build(['all']);
});
test.after.each(({ project }) => project.remove());

test('names the parameter behind a changed script, and shows the line that differs alone', async ({
  project,
}) => {
  const { stdout } = await project.run(['why', 'first', '--set', 'chunks=1']);
  assert.match(stdout, 'first: has to run\n  its script changed (parameter `chunks`)');
  assert.match(stdout, '- head -n 2 upper.txt > first.txt\n');
  assert.match(stdout, '+ head -n 1 upper.txt > first.txt\n');
  project.write('rwkv.pipeline.yaml', CHAIN.replace('sleep 0.2', 'sleep 0.1'));
  const edited = await project.run(['why', 'upper']);
  assert.match(edited.stdout, '- sleep 0.2');
  assert.not.match(edited.stdout, 'tr a-z');
});

test('says what is reused and the time that saves', async ({ project }) => {
  const { stdout } = await project.run(['why', 'greet', '--set', 'greeting=bye']);
  assert.match(stdout, /1 of 3 actions has to run: about \d/);
  assert.match(stdout, /2 reused save about 0\.[2-9] s of work/);
});

test('follows a waiting action to the one that has to run, and its reason', async ({ project }) => {
  project.write('text.txt', 'grace\nhopper\n');
  const { stdout } = await project.run(['why', 'greet']);
  assert.match(stdout, 'greet: may have to run');
  assert.match(stdout, 'output of `first`, which depends on `upper`, which has to run:');
  assert.match(stdout, 'input text.txt changed');
});

test('says which upstream action changed an input, and why that one changed in turn', async ({ project }) => {
  project.write('text.txt', 'grace\nhopper\n');
  await project.build(['first']);
  const { stdout } = await project.run(['why', 'greet']);
  assert.match(
    stdout,
    `greet: has to run
  input first.txt changed: made by \`first\`, for which
    input upper.txt changed: made by \`upper\`, for which
      input text.txt changed
`,
  );
});

test('tells the same in JSON: facts before and after, and the cause of a cause', async ({ project }) => {
  project.write('text.txt', 'grace\nhopper\n');
  await project.build(['first']);
  const { stdout } = await project.run(['why', 'greet', '--json']);
  const [why, plan] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.is(why.type, 'why');
  assert.is(why.changes[0].action, 'first');
  assert.is(why.changes[0].because[0].because[0].name, 'text.txt');
  assert.equal([plan.actions, plan.run, plan.cached], [3, 1, 2]);
});

test('says that a result is gone, and that an action was never built', async ({ project }) => {
  await project.run(['clean', 'store']);
  const never = await project.run(['why', 'first']);
  assert.match(never.stdout, 'it has never been built here');
});

test('looks and remembers nothing: a plan for other parameters is no result', async ({ project }) => {
  await project.build(['all', '--set', 'chunks=1']);
  await project.run(['plan', 'all', '--set', 'chunks=2']);
  const { stdout } = await project.run(['why', 'first', '--set', 'chunks=3']);
  assert.match(stdout, '- head -n 1 upper.txt');
});

test('compares two actions, and an action with an earlier result by its fingerprint', async ({ project }) => {
  const two = await project.run(['why', '--compare', 'first', 'greet']);
  assert.is(two.code, 0, two.stderr);
  assert.match(two.stdout, 'input upper.txt is in the first alone');
  const { events } = await project.build(['first', '--set', 'chunks=1']);
  const finished = events.find((event) => event.type === 'action' && event.id === 'first');
  const earlier = finished?.type === 'action' ? finished.fingerprint.slice(0, 12) : '';
  const past = await project.run(['why', '--compare', earlier, 'first']);
  assert.match(past.stdout, `first: first ${earlier} (a result of before)`);
  assert.match(past.stdout, '- head -n 1 upper.txt');
  const unknown = await project.run(['why', '--compare', 'frist', 'first']);
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, 'did you mean `first`?');
});

test.run();
