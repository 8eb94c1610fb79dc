import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('a build that goes wrong');

test.before.each((context) => {
  context.project = new Project();
});
test.after.each(({ project }) => project.remove());

const pipeline = (tasks: string): string => `version: 1\ntasks:\n${tasks}`;

test('names the action, its exit code and what it said, and skips what depends on it', async ({
  project,
}) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`
  bad: { run: "echo no such thing >&2; exit 7", outputs: [a.txt] }
  after: { run: cp a.txt b.txt, inputs: [a.txt], outputs: [b.txt] }
`),
  );
  const json = await project.build(['after']);
  assert.is(json.code, 1);
  assert.equal(json.outcomes, { bad: 'failed', after: 'skipped' });
  const { stderr, code } = await project.run(['after']);
  assert.is(code, 1);
  assert.match(stderr, 'error: bad failed: exit code 7');
  assert.match(stderr, 'no such thing');
});

test('stops a script at its first command that fails', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', pipeline('  bad: { run: "false\\ntouch a.txt", outputs: [a.txt] }'));
  assert.is((await project.build(['bad'])).code, 1);
});

test('keeps what was made before the failure', async ({ project }) => {
  project.write('text.txt', 'x');
  const chain = (end: string): string =>
    pipeline(`
  good: { run: cp text.txt a.txt, inputs: [text.txt], outputs: [a.txt] }
  bad: { run: "${end}", inputs: [a.txt], outputs: [b.txt] }
`);
  project.write('rwkv.pipeline.yaml', chain('exit 1'));
  assert.is((await project.build(['bad'])).code, 1);
  project.write('rwkv.pipeline.yaml', chain('cp a.txt b.txt'));
  assert.equal((await project.build(['bad'])).outcomes, { good: 'cached', bad: 'ran' });
});

test('says which output a command did not write', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', pipeline('  lazy: { run: "true", outputs: [made.txt] }'));
  const { code, stderr } = await project.run(['lazy']);
  assert.is(code, 1);
  assert.match(stderr, 'lazy succeeded, but did not write its output file `made.txt`');
});

test('says which input is not there, and the nearest one that is', async ({ project }) => {
  project.write('text.txt', 'x');
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  copy: { run: cp txet.txt a, inputs: [txet.txt], outputs: [a] }'),
  );
  const { code, stderr } = await project.run(['copy']);
  assert.is(code, 1);
  assert.match(stderr, 'its input `txet.txt` does not exist');
  assert.match(stderr, 'did you mean `text.txt`?');
});

test('fails when the command reads a file of the project that it did not declare', async ({ project }) => {
  project.write('text.txt', 'x');
  project.write('rwkv.pipeline.yaml', pipeline('  copy: { run: cp text.txt a, outputs: [a] }'));
  assert.is((await project.build(['copy'])).code, 1);
});

test('refuses tasks that need each other in a circle, with the circle and exit code 2', async ({
  project,
}) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`
  one: { run: cp b a, inputs: [b], outputs: [a] }
  two: { run: cp c b, inputs: [c], outputs: [b] }
  three: { run: cp a c, inputs: [a], outputs: [c] }
`),
  );
  const { code, stderr } = await project.run(['one']);
  assert.is(code, 2);
  assert.match(stderr, 'tasks need each other in a circle: `one` → `two` → `three` → `one`');
  assert.match(stderr, 'rwkv.pipeline.yaml:4:3');
});

test('points at a mistyped key with file, line, column, a mark and the nearest key', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', 'version: 1\ntasks:\n  copy:\n    run: cp a b\n    ouputs: [b]\n');
  const { code, stderr } = await project.run(['copy']);
  assert.is(code, 2);
  assert.match(stderr, 'rwkv.pipeline.yaml:5:5');
  assert.match(stderr, 'ouputs: [b]');
  assert.match(stderr, '~~~~~~');
  assert.match(stderr, 'did you mean `outputs`?');
});

test('refuses a target that is not there with the nearest name and exit code 2', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', pipeline('  convert: { run: touch a, outputs: [a] }'));
  const { code, stderr } = await project.run(['convrt']);
  assert.is(code, 2);
  assert.match(stderr, 'did you mean `convert`?');
});

test('refuses two tasks that would write the same output', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  a: { run: touch x, outputs: [x] }\n  b: { run: echo > x, outputs: [x] }'),
  );
  const { code, stderr } = await project.run(['a', 'b']);
  assert.is(code, 2);
  assert.match(stderr, '`a` and `b` would both write `x`');
});

for (const path of ['../outside.txt', '/outside.txt', 'a/../../outside.txt']) {
  test(`refuses \`${path}\` as an input or output, because it leads out of the folder`, async ({
    project,
  }) => {
    for (const part of ['inputs', 'outputs']) {
      project.write('rwkv.pipeline.yaml', pipeline(`  a: { run: "true", ${part}: ["${path}"] }`));
      const { code, stderr } = await project.run(['a']);
      assert.is(code, 2);
      assert.match(stderr, `\`${path}\` is not a path inside the folder of the pipeline file`);
      assert.match(stderr, 'rwkv.pipeline.yaml:3:');
    }
  });
}

test('says that there is no pipeline file, and exits with 2', async ({ project }) => {
  const { code, stderr } = await project.run(['all']);
  assert.is(code, 2);
  assert.match(stderr, 'rwkv.pipeline.yaml');
});

test('refuses --set of a parameter that the pipeline does not have', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `params: { chunks: 2 }\n${pipeline('  a: { run: touch a, outputs: [a] }')}`,
  );
  const { code, stderr } = await project.run(['a', '--set', 'chunk=4']);
  assert.is(code, 2);
  assert.match(stderr, 'did you mean `chunks`?');
});

test('discards a result whose input was edited while the command ran', async ({ project }) => {
  project.write('text.txt', 'before');
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(
      `  slow: { run: "cp text.txt a; echo after > ${project.folder}/text.txt", inputs: [text.txt], outputs: [a] }`,
    ),
  );
  const { code, stderr } = await project.run(['slow']);
  assert.is(code, 1);
  assert.match(stderr, 'text.txt changed while the action that reads it was running');
});

test('leaves no working folder behind, whether an action succeeds or fails', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  a: { run: touch a, outputs: [a] }\n  b: { run: exit 1, outputs: [b] }'),
  );
  await project.build(['a']);
  await project.build(['b']);
  const work = join(project.cache, 'work');
  assert.equal(existsSync(work) ? readdirSync(work) : [], []);
});

test('puts every failure on stdout as an event when asked for JSON, the summary last', async ({
  project,
}) => {
  project.write('rwkv.pipeline.yaml', 'version: 1\ntaks: {}\n');
  const { code, events, summary } = await project.build(['all']);
  assert.is(code, 2);
  assert.ok(events.some((event) => event.type === 'failure'));
  assert.is(summary.ran, 0);
});

test.run();
