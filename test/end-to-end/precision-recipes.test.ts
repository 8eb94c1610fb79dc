import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FinishedBuild } from '../rig/project.ts';
import { shippedProject } from '../rig/shipped-project.ts';

const test = suite('precisions of a pipeline');

const FILE = 'mine.pipeline.yaml';

const project = shippedProject();
process.on('exit', () => project.remove());

test.before(async () => {
  const built = await project.build(['convert', '--precision', 'a16w8']);
  if (built.code !== 0) throw new Error(`${built.stdout}\n${built.stderr}`);
});

/** The shipped pipeline with these precisions, and with other text in it replaced. */
function written(precisions: string, ...replaced: (readonly [string, string])[]): void {
  let text = project.read('rwkv.pipeline.yaml').replace('\ntasks:', `\nprecisions:\n${precisions}\ntasks:`);
  for (const [before, after] of replaced) {
    assert.ok(text.includes(before), before);
    text = text.replace(before, after);
  }
  project.write(FILE, text);
}

const ran = ({ outcomes }: FinishedBuild): string[] =>
  Object.entries(outcomes)
    .filter(([, outcome]) => outcome === 'ran')
    .map(([id]) => id)
    .sort();

test('quantise again just the layer whose rule is new', async () => {
  written('  mine: { extends: a16w8, weights: { blocks.3.ffn.value: w4 } }\n');
  const built = await project.build(['-f', FILE, 'convert', '--precision', 'mine']);
  assert.is(built.code, 0, built.stderr);
  const cell = 'convert/rwkv7-austen/mine';
  assert.equal(ran(built), [`${cell}/chunk2of2`, `${cell}/plan`, `${cell}/weights-block-03`]);

  written('  mine: { extends: a16w8, weights: { blocks.3.ffn.key: w4 } }\n');
  const { stdout } = await project.run(['why', '-f', FILE, 'convert', '--precision', 'mine']);
  assert.match(stdout, `${cell}/plan: has to run`);
  assert.match(stdout, /argument --recipe was .*ffn\.value":"w4".*, is .*ffn\.key":"w4"/);
  const again = await project.build(['-f', FILE, 'convert', '--precision', 'mine']);
  assert.equal(ran(again), [`${cell}/chunk2of2`, `${cell}/plan`, `${cell}/weights-block-03`]);
});

test('round to fp16 where the graph is converted: there is nothing to keep for each layer', async () => {
  const built = await project.build(['convert', '--precision', 'fp16']);
  assert.is(built.code, 0, built.stderr);
  const cell = 'convert/rwkv7-austen/fp16';
  assert.equal(ran(built), [`${cell}/chunk1of2`, `${cell}/chunk2of2`]);
});

test('keep every weight when the chunks or the calibration change', async () => {
  const chunks = await project.build(['convert', '--precision', 'a16w8', '--set', 'chunks=4']);
  assert.is(chunks.code, 0, chunks.stderr);
  assert.ok(ran(chunks).length > 0);
  for (const id of ran(chunks)) assert.match(id, /\/chunk[1-4]of4$/);

  written('  none: {}\n', [
    'samples: 8000',
    'method: percentile\n      percentile: 99.9\n      samples: 8000',
  ]);
  const calibrated = await project.build(['-f', FILE, 'convert', '--precision', 'a16w8']);
  assert.is(calibrated.code, 0, calibrated.stderr);
  assert.equal(ran(calibrated), [
    'calibrate/rwkv7-austen',
    'convert/rwkv7-austen/a16w8/chunk1of2',
    'convert/rwkv7-austen/a16w8/chunk2of2',
  ]);
});

test('show the line of a rule that matches no weight, and what is nearest', async () => {
  written('  mine:\n    weights:\n      fnn.value: w4\n');
  const { code, stderr, stdout } = await project.run(['-f', FILE, 'convert', '--precision', 'mine']);
  assert.is(code, 1);
  const said = stderr + stdout;
  assert.match(said, "the pattern 'fnn.value' matches no weight of a linear");
  assert.match(said, 'the nearest are ffn.value');
  assert.match(said, /mine\.pipeline\.yaml:\d+:7\n\s+fnn\.value: w4\n\s+~~~~~~~~~/);
});

test('are refused by name when nobody wrote them', async () => {
  const { code, stderr, stdout } = await project.run(['convert', '--precision', 'a16w9']);
  assert.is(code, 2);
  assert.match(stderr + stdout, 'no precision `a16w9`; did you mean `a16w8`?');
});

test('are refused for graphs of several rows that the HTP would compute wrong, or not at all', async () => {
  for (const [rows, soc, cause] of [
    [
      'batch=16',
      'SM8650',
      'the HTP mixes up the sequences of graphs that take 16 at once in the precision a16w8',
    ],
    [
      'prefill=16',
      'SM8650',
      'the HTP mixes up the tokens of graphs that take 16 at once in the precision a16w8',
    ],
    [
      'prefill=32',
      'SM8635',
      'SM8635 (HTP v73) cannot compute in fp16, and the precision a16w8 has fp16 operations',
    ],
  ] as const) {
    const options = ['--precision', 'a16w8', '--soc', soc, '--set', rows];
    const { code, stderr, stdout } = await project.run(['plan', 'context', ...options]);
    assert.is(code, 2);
    assert.match(stderr + stdout, cause);
  }
});

test.run();
