import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('what a command reads and writes without declaring it');

test.before.each((context) => {
  context.project = new Project({ 'text.txt': 'x\n', 'notes.txt': 'a note\n', 'sub/deep.txt': 'deep\n' });
});
test.after.each(({ project }) => project.remove());

const pipeline = (tasks: string): string => `version: 1\ntasks:\n${tasks}`;

const READERS: Readonly<Record<string, readonly [script: string, path: string]>> = {
  cat: ['cat text.txt notes.txt > a', 'notes.txt'],
  'the shell itself': ['while read line; do echo $line; done < notes.txt > a', 'notes.txt'],
  'a program that is a file of the project': ['./tool.sh > a', 'tool.sh'],
  python: ['python3 -c "open(\'sub/deep.txt\')"; touch a', 'sub/deep.txt'],
  'an import of python': ['python3 -c "import helper"; touch a', 'helper.py'],
  'the preprocessor of a compiler': ['g++ -E src/main.cpp > a', 'src/own.h'],
  make: ['make -f rules.mk a', 'notes.txt'],
};

for (const [reader, [script, path]] of Object.entries(READERS)) {
  test(`names the file, the line to add and its place when ${reader} misses it`, async ({ project }) => {
    project.write('tool.sh', '#!/bin/sh\necho x\n');
    project.write('helper.py', 'x = 1\n');
    project.write('src/main.cpp', '#include "own.h"\n');
    project.write('src/own.h', '#pragma once\n');
    project.write('rules.mk', 'a: notes.txt\n\tcp notes.txt a\n');
    project.write(
      'rwkv.pipeline.yaml',
      pipeline(`  look:
    run: |
      ${script}
    inputs:
      - text.txt
      - src/main.cpp
      - rules.mk
    outputs: [a]
`),
    );
    const { code, stderr } = await project.run(['look'], { PATH: '/usr/bin:/bin' });
    assert.is(code, 1);
    assert.match(stderr, `look reads \`${path}\` without declaring it`);
    assert.match(stderr, `add \`- ${path}\` to \`inputs:\` of task \`look\`, rwkv.pipeline.yaml:6`);
  });
}

test('says what to write where a task has no inputs yet, or has them in brackets', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', pipeline('  look: { run: cat notes.txt > a, outputs: [a] }\n'));
  assert.match((await project.run(['look'])).stderr, 'add `inputs: [notes.txt]` to task `look`');
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  look: { run: cat notes.txt > a, inputs: [text.txt], outputs: [a] }\n'),
  );
  assert.match((await project.run(['look'])).stderr, 'add `notes.txt` to `inputs:` of task `look`');
});

test('names the task that makes what another one reads without declaring it', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`  make: { run: echo x > made.txt, outputs: [made.txt] }
  look: { run: cat made.txt > a, outputs: [a] }
`),
  );
  const { code, events } = await project.build(['look']);
  assert.is(code, 1);
  const failure = events.flatMap((event) => (event.type === 'action' ? (event.failure ?? []) : []))[0];
  assert.is(failure?.kind, 'input-undeclared');
  assert.match(failure?.message ?? '', '`made.txt`, which task `make` makes');
});

test('does not blame the declarations for a file that is nowhere', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', pipeline('  look: { run: cat nowhere.txt > a, outputs: [a] }\n'));
  const { code, stderr } = await project.run(['look']);
  assert.is(code, 1);
  assert.match(stderr, 'look failed: exit code 1');
});

test('refuses what a command writes beside its outputs, with the line to add', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`  make:
    run: mkdir -p parts/new scratch; echo x | tee a b parts/one.txt parts/new/two.txt scratch/c > /dev/null
    inputs: [text.txt]
    outputs:
      - a
      - parts/one.txt
`),
  );
  const { code, stderr } = await project.run(['make']);
  assert.is(code, 1);
  assert.match(stderr, 'make wrote `b`, `parts/new/`, `scratch/`, which it does not declare');
  assert.match(stderr, 'add `- b`, `- parts/new/`, `- scratch/` to `outputs:` of task `make`');
  assert.match(stderr, 'rwkv.pipeline.yaml:6');
  assert.match(stderr, '$TMPDIR');
});

test('leaves what a command writes to HOME and TMPDIR to it', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  make: { run: "echo x > $TMPDIR/b; mkdir $HOME/c; mv $TMPDIR/b a", outputs: [a] }\n'),
  );
  const { code, stderr } = await project.run(['make']);
  assert.is(code, 0, stderr);
});

test('takes what is in an output folder as it is this time, and its dependants see just that', async ({
  project,
}) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`  split: { run: "mkdir parts; for n in $(cat text.txt); do echo $n > parts/$n; done", inputs: [text.txt], outputs: [parts/] }
  list: { run: "ls parts > list.txt", inputs: [parts], outputs: [list.txt] }
`),
  );
  project.write('text.txt', 'one two three\n');
  await project.build(['list']);
  assert.is(project.read('out/list.txt'), 'one\nthree\ntwo\n');
  project.write('text.txt', 'two four\n');
  const { outcomes } = await project.build(['list', 'split']);
  assert.equal(outcomes, { split: 'ran', list: 'ran' });
  assert.is(project.read('out/list.txt'), 'four\ntwo\n');
  assert.equal(readdirSync(join(project.folder, 'out/parts')).sort(), ['four', 'two']);
});

const VANDALS: Readonly<Record<string, string>> = {
  'writes to': 'chmod u+w made.txt; echo more >> made.txt',
  removes: 'rm -f made.txt',
  replaces: 'rm -f made.txt; echo x > made.txt',
};

for (const [does, script] of Object.entries(VANDALS)) {
  test(`refuses the result of a command that ${does} its input, and keeps the store right`, async ({
    project,
  }) => {
    const files = (end: string): string =>
      pipeline(`  make: { run: echo x > made.txt, outputs: [made.txt] }
  spoil: { run: "${end}; echo y > a", inputs: [made.txt], outputs: [a] }
  use: { run: cp made.txt b, inputs: [made.txt], outputs: [b] }
`);
    project.write('rwkv.pipeline.yaml', files(script));
    const { code, stderr } = await project.run(['spoil']);
    assert.is(code, 1);
    assert.match(stderr, 'spoil wrote to its own input `made.txt`');
    assert.match(stderr, '$TMPDIR');
    const after = await project.build(['use']);
    assert.is(after.code, 0);
    assert.is(project.read('out/b'), 'x\n');
  });
}

test('puts a blob aside that a command wrote to, also when the command fails', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`  make: { run: echo x > made.txt, outputs: [made.txt] }
  spoil: { run: "chmod u+w made.txt; echo more >> made.txt; exit 3", inputs: [made.txt], outputs: [a] }
`),
  );
  assert.is((await project.build(['spoil'])).code, 1);
  assert.is(readdirSync(join(project.cache, 'cas', 'damaged')).length, 1);
});

test('lets a command write to an input that is an output as well, without reaching the store', async ({
  project,
}) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  grow: { run: echo more >> text.txt, inputs: [text.txt], outputs: [text.txt] }\n'),
  );
  const { code, stderr } = await project.run(['grow']);
  assert.is(code, 0, stderr);
  assert.is(project.read('out/text.txt'), 'x\nmore\n');
  assert.is(project.read('text.txt'), 'x\n');
});

test.run();
