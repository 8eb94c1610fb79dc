import { chmodSync, existsSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('a build of shell tasks');

const CHAIN = `
version: 1
params:
  greeting: hello
tasks:
  upper:
    run: tr a-z A-Z < text.txt > upper.txt
    inputs: [text.txt]
    outputs: [upper.txt]
  first:
    run: head -n 1 upper.txt > first.txt
    inputs: [upper.txt]
    outputs: [first.txt]
  greet:
    run: echo "\${{ params.greeting }} $(cat first.txt)" > greeting.txt
    inputs: [first.txt]
    outputs: [greeting.txt]
targets:
  all: [greet]
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': CHAIN, 'text.txt': 'ada\nbabbage\n' });
});
test.after.each(({ project }) => project.remove());

test('makes an edge from an output that is another task’s input, and publishes what was asked for', async ({
  project,
}) => {
  const { code, outcomes, summary } = await project.build(['all']);
  assert.is(code, 0);
  assert.equal(outcomes, { upper: 'ran', first: 'ran', greet: 'ran' });
  assert.equal([summary.ran, summary.cached, summary.failed, summary.skipped], [3, 0, 0, 0]);
  assert.is(project.read('out/greeting.txt'), 'hello ADA\n');
  assert.not.ok(existsSync(join(project.folder, 'out/upper.txt')), 'nobody asked for it');
  assert.not.ok(existsSync(join(project.folder, 'upper.txt')), 'nothing else is written in the folder');
});

test('runs nothing the second time', async ({ project }) => {
  await project.build(['all']);
  const { code, outcomes } = await project.build(['all']);
  assert.is(code, 0);
  assert.equal(outcomes, { upper: 'cached', first: 'cached', greet: 'cached' });
});

test('runs nothing after a touch that changes no content', async ({ project }) => {
  await project.build(['all']);
  utimesSync(join(project.folder, 'text.txt'), new Date(), new Date());
  const { summary } = await project.build(['all']);
  assert.is(summary.ran, 0);
});

test('stops a change where an output comes out the same', async ({ project }) => {
  await project.build(['all']);
  project.write('text.txt', 'ada\nlovelace\n');
  const { outcomes } = await project.build(['all']);
  assert.equal(outcomes, { upper: 'ran', first: 'ran', greet: 'cached' });
});

test('finds the old result again when a change is taken back', async ({ project }) => {
  await project.build(['all']);
  await project.build(['all', '--set', 'greeting=bye']);
  assert.is(project.read('out/greeting.txt'), 'bye ADA\n');
  const { summary } = await project.build(['all']);
  assert.is(summary.ran, 0);
  assert.is(project.read('out/greeting.txt'), 'hello ADA\n');
});

test('puts an output back that was deleted or edited by hand, without running anything', async ({
  project,
}) => {
  await project.build(['all']);
  project.write('out/greeting.txt', 'edited');
  const { summary } = await project.build(['all']);
  assert.is(summary.ran, 0);
  assert.is(project.read('out/greeting.txt'), 'hello ADA\n');
});

test('lets an edit of a published output never reach the store', async ({ project }) => {
  await project.build(['all']);
  const path = join(project.folder, 'out/greeting.txt');
  chmodSync(path, 0o644);
  project.write('out/greeting.txt', 'edited');
  const other = await project.build(['all', '-f', 'rwkv.pipeline.yaml']);
  assert.is(other.code, 0);
  assert.is(project.read('out/greeting.txt'), 'hello ADA\n');
});

test('shows an action only its declared inputs, read-only, in a cleared environment', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
tasks:
  look:
    run: |
      seen=$(find . -type f); echo "$seen" > seen.txt
      stat -c %a text.txt >> seen.txt
      env | grep -c SECRET >> seen.txt || true
      echo "$TZ $LANG" >> seen.txt
    inputs: [text.txt]
    outputs: [seen.txt]
`,
  );
  project.write('other.txt', 'not declared');
  const { code } = await project.build(['look'], { SECRET: 'x' });
  assert.is(code, 0);
  assert.is(project.read('out/seen.txt'), './text.txt\n444\n0\nUTC C.UTF-8\n');
});

test('keeps the executable bit of inputs and outputs', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
tasks:
  script:
    run: printf '#!/bin/sh\\necho ran\\n' > tool; chmod +x tool
    outputs: [tool]
  use:
    run: ./tool > said.txt
    inputs: [tool]
    outputs: [said.txt]
`,
  );
  const { code } = await project.build(['use', 'script']);
  assert.is(code, 0);
  assert.is(project.read('out/said.txt'), 'ran\n');
  assert.ok((statSync(join(project.folder, 'out/tool')).mode & 0o100) !== 0);
});

test('takes folders and globs as inputs, and folders as outputs', async ({ project }) => {
  project.write('parts/a.txt', 'a');
  project.write('parts/deep/b.txt', 'b');
  project.write('notes/one.md', '1');
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
tasks:
  copy:
    run: mkdir -p copies; cp -r parts/* notes/*.md copies
    inputs: [parts, "notes/*.md"]
    outputs: [copies/]
  list:
    run: (cd copies; find . -type f | sort) > list.txt
    inputs: [copies]
    outputs: [list.txt]
`,
  );
  const { code, stdout } = await project.build(['list']);
  assert.is(code, 0, stdout);
  assert.is(project.read('out/list.txt'), './a.txt\n./deep/b.txt\n./one.md\n');
});

test('repeats a task over its matrix and joins tasks on the axes that they share', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
params:
  colour: [red, blue]
tasks:
  paint:
    matrix: { colour: "\${{ params.colour }}", size: [s, m] }
    run: echo "\${{ matrix.colour }} \${{ matrix.size }}" > "\${{ matrix.colour }}-\${{ matrix.size }}.txt"
    outputs: ["\${{ matrix.colour }}-\${{ matrix.size }}.txt"]
  join:
    matrix: { colour: "\${{ params.colour }}" }
    run: cat \${{ matrix.colour }}-*.txt > \${{ matrix.colour }}.txt
    inputs: ["\${{ matrix.colour }}-s.txt", "\${{ matrix.colour }}-m.txt"]
    outputs: ["\${{ matrix.colour }}.txt"]
`,
  );
  const { code, outcomes } = await project.build(['join']);
  assert.is(code, 0);
  assert.is(Object.keys(outcomes).length, 6);
  assert.is(project.read('out/red.txt'), 'red m\nred s\n');
  const narrowed = await project.build(['join', '--set', 'colour=blue']);
  assert.equal(narrowed.outcomes, {
    'paint/blue/s': 'cached',
    'paint/blue/m': 'cached',
    'join/blue': 'cached',
  });
});

test('runs a shell task after the tasks in its `needs:`, though it takes nothing of theirs', async ({
  project,
}) => {
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
tasks:
  after: { needs: [before], run: "test -e ${project.folder}/mark; echo x > a.txt", outputs: [a.txt] }
  before: { run: "sleep 0.2; touch ${project.folder}/mark" }
`,
  );
  const { code, outcomes } = await project.build(['after']);
  assert.is(code, 0);
  assert.equal(outcomes, { before: 'ran', after: 'ran' });
});

test('takes a folder that only other tasks fill', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
tasks:
  one: { run: "mkdir -p gen; echo 1 > gen/one.txt", outputs: [gen/one.txt] }
  two: { run: "mkdir -p gen; echo 2 > gen/two.txt", outputs: [gen/two.txt] }
  all: { run: "cat gen/* > all.txt", inputs: [gen], outputs: [all.txt] }
`,
  );
  const { code } = await project.build(['all']);
  assert.is(code, 0);
  assert.is(project.read('out/all.txt'), '1\n2\n');
});

test('runs actions that do not need each other at the same time', async ({ project }) => {
  // Each waits until the other has begun: one after the other, they would wait for ever.
  const wait = (own: string, other: string): string =>
    `touch ${project.folder}/${own}; while [ ! -e ${project.folder}/${other} ]; do sleep 0.05; done; echo x > ${own}.txt`;
  project.write(
    'rwkv.pipeline.yaml',
    `
version: 1
tasks:
  left: { run: "${wait('left', 'right')}", outputs: [left.txt] }
  right: { run: "${wait('right', 'left')}", outputs: [right.txt] }
`,
  );
  const { code } = await project.build(['left', 'right', '--jobs', '2']);
  assert.is(code, 0);
});

test('ends with a summary of one command a line when nothing is to be done', async ({ project }) => {
  await project.run(['all']);
  const { stderr, code } = await project.run(['all']);
  assert.is(code, 0);
  assert.match(stderr, /^0 ran, 3 cached in \d/m);
});

test.run();
