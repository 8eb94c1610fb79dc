import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the models that are built');

const PIPELINE = `version: 1
params:
  model: [one]
models:
  one: { weights: one.pth }
  two: { weights: two.pth }
tasks:
  named:
    matrix: { model: "\${{ params.model }}" }
    run: echo "\${{ models[matrix.model].weights }}" > \${{ matrix.model }}.txt
    outputs: ["\${{ matrix.model }}.txt"]
  every:
    matrix: { model: "\${{ models }}" }
    run: echo "\${{ models[matrix.model].weights }}" > every-\${{ matrix.model }}.txt
    outputs: ["every-\${{ matrix.model }}.txt"]
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE, 'three.pth': 'PK' });
});
test.after.each(({ project }) => project.remove());

async function actions(project: Project, ...args: string[]): Promise<readonly string[]> {
  const built = await project.build(args);
  assert.is(built.code, 0, built.stderr);
  return Object.keys(built.outcomes).sort();
}

test('are those that the parameter `model` names', async ({ project }) => {
  assert.equal(await actions(project, 'named'), ['named/one']);
  assert.equal(await actions(project, 'named', '--set', 'model=one,two'), ['named/one', 'named/two']);
});

test('are those that --model names instead, a path among them', async ({ project }) => {
  assert.equal(await actions(project, 'named', '--model', 'two'), ['named/two']);
  assert.equal(await actions(project, 'named', '--model', 'two,three.pth'), ['named/three', 'named/two']);
  assert.match(project.read('out/three.txt'), /three\.pth\n$/);
});

test('are all of the file, or what --model leaves of them, where a matrix says `models`', async ({
  project,
}) => {
  assert.equal(await actions(project, 'every'), ['every/one', 'every/two']);
  assert.equal(await actions(project, 'every', '--model', 'two'), ['every/two']);
});

test('are refused by name when the file does not have them', async ({ project }) => {
  const { code, stderr } = await project.run(['named', '--set', 'model=tow']);
  assert.is.not(code, 0);
  assert.match(stderr, 'no model `tow`; did you mean `two`?');
});

test.run();
