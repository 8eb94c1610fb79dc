import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Failure } from '../../engine/failure.ts';
import { loadPipeline, type Pipeline } from '../../engine/pipeline-load.ts';
import { scratchFolder } from '../cache/scratch-folder.ts';
import { failureOf, unwrap } from '../cache/unwrap.ts';
import { complaints, load, validate } from './sample-kinds.ts';

const test = suite('pipeline load');

const minimal = 'version: 1\ntasks:\n  one: { run: echo }\n';

test('a file becomes a pipeline whose paths are relative to its folder', async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'p.yaml'), minimal);
  const pipeline = unwrap(await loadPipeline(join(folder, 'p.yaml'), validate));
  assert.is(pipeline.file, join(folder, 'p.yaml'));
  assert.is(pipeline.folder, folder);
  assert.equal(
    { ...pipeline.tasks.one },
    { name: 'one', run: 'echo', with: {}, needs: [], matrix: {}, inputs: [], outputs: [], limits: {} },
  );
});

test('a file that is not there is a failure without a place', async () => {
  const [failure] = failureOf<Pipeline, readonly Failure[]>(
    await loadPipeline(join(scratchFolder(), 'p.yaml'), validate),
  );
  assert.is(failure?.kind, 'pipeline-invalid');
  assert.is(failure?.location, undefined);
});

test('everything that a task says is there, and one need may be written without a list', () => {
  const text = `version: 1
params: { a: 1 }
models: { m: { weights: w } }
tasks:
  x: { uses: export-onnx, with: { weights: w }, needs: y, matrix: { soc: [a, b] }, description: d }
  y: { run: cat, inputs: [i], outputs: [o/] }
targets: { default: [x, y] }
`;
  const pipeline = unwrap(load(text));
  assert.equal(pipeline.tasks.x, {
    name: 'x',
    uses: 'export-onnx',
    with: { weights: 'w' },
    needs: ['y'],
    matrix: { soc: ['a', 'b'] },
    inputs: [],
    outputs: [],
    limits: {},
    description: 'd',
  });
  assert.equal(pipeline.tasks.y?.outputs, ['o/']);
  assert.equal({ ...pipeline.targets }, { default: ['x', 'y'] });
  assert.equal({ ...pipeline.params }, { a: 1 });
  assert.equal({ ...pipeline.models }, { m: { weights: 'w' } });
});

test('names that every object has are names like others, and absent when not there', () => {
  const pipeline = unwrap(load('version: 1\ntasks:\n  constructor: { run: x }\n'));
  assert.is(pipeline.tasks.constructor?.name, 'constructor');
  assert.is(pipeline.tasks.toString, undefined);
  assert.is(pipeline.targets.constructor, undefined);
  assert.equal(complaints('version: 1\ntasks:\n  a: { run: x, needs: toString }\n'), [
    '3:23 no task `toString`',
  ]);
});

test('an empty file, or one that is no map, is told how to begin', () => {
  for (const text of ['', '\n\n', '# only a comment\n', '~']) {
    assert.match(complaints(text)[0] ?? '', 'p.yaml is empty');
  }
  assert.match(complaints('- a\n')[0] ?? '', '1:1 expected a map of keys');
  assert.match(complaints('hello\n')[0] ?? '', '1:1 expected a map of keys');
});

test('the version comes first', () => {
  assert.equal(complaints('tasks: {}\n'), ['1:1 the key `version` is missing']);
  assert.equal(complaints('verison: 1\ntasks: {}\n'), ['1:1 unknown key `verison`; did you mean `version`?']);
  assert.equal(complaints('version: "1"\n'), ['1:10 expected `version: 1`']);
  assert.equal(complaints('version: 0\n'), ['1:10 expected `version: 1`']);
  assert.match(
    complaints('version: 2\nanything: goes\n')[0] ?? '',
    '1:10 this file was made for a newer rwkv-build',
  );
});

test('a need or a target that names no task is shown at the name', () => {
  const text = `version: 1
tasks:
  export: { run: x }
  bench: { run: x, needs: [exprt] }
  last: { run: x, needs: nothing }
  me: { run: x, needs: [me] }
targets:
  default: [export, bnech]
`;
  assert.equal(complaints(text), [
    '4:28 no task `exprt`; did you mean `export`?',
    '5:26 no task `nothing`',
    '6:25 task `me` needs itself',
    '8:21 no task `bnech`; did you mean `bench`?',
  ]);
});

test('a name is a task or a target, not both', () => {
  const text = 'version: 1\ntasks:\n  a: { run: x }\ntargets:\n  a: [a]\n';
  assert.equal(complaints(text), ['5:3 `a` is both a task and a target']);
});

test('a task uses a kind or runs a command, and has what goes with it', () => {
  const text = `version: 1
tasks:
  none: {}
  both: { run: x, uses: benchmark }
  a: { run: x, with: { y: 1 } }
  b: { uses: benchmark, inputs: [x], outputs: [y] }
`;
  assert.equal(complaints(text), [
    '3:3 task `none` does nothing',
    '4:11 task `both` has both `uses` and `run`',
    '5:16 task `a` cannot have `with`: `with` goes with `uses`',
    '6:25 task `b` cannot have `inputs`: `inputs` goes with `run`; a kind knows its own',
    '6:38 task `b` cannot have `outputs`: `outputs` goes with `run`; a kind knows its own',
  ]);
});

test('a thousand tasks load', () => {
  const tasks = Array.from(
    { length: 1000 },
    (_, i) => `  t${i}: { run: x, needs: [${i === 0 ? '' : `t${i - 1}`}] }`,
  );
  assert.is(Object.keys(unwrap(load(`version: 1\ntasks:\n${tasks.join('\n')}\n`)).tasks).length, 1000);
});

test.run();
