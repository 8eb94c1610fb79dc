import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placeIn } from '../../engine/parameter-place.ts';
import { PipelineSource } from '../../engine/pipeline-source.ts';

const test = suite('the place of a parameter in the pipeline file');

const TEXT = `version: 1
params:
  chunks: 2
  soc: [SM8650]
  unused: 1
tasks:
  export:
    uses: export-onnx
    with: { model: m, chunks: "\${{ params.chunks }}" }
  convert:
    uses: qnn-convert
    needs: [export]
    matrix: { precision: [fp16, a16w8] }
    with: { precision: "\${{ matrix.precision }}" }
  context:
    uses: context-cache
    needs: [convert]
    matrix: { soc: "\${{ params.soc }}" }
    with:
      soc: \${{ matrix.soc }}
      vtcm_mb: 4
`;

const parsed = PipelineSource.parse('p.yaml', TEXT);
if (!parsed.ok) throw new Error('the pipeline of this test does not parse');
const source = parsed.value;

const place = (...names: string[]): string | undefined => {
  const found = placeIn(source, 'context', names);
  return found === undefined
    ? undefined
    : `${found.parameter} ${found.location.line}:${found.location.column}`;
};

test("is the value in the task's own `with:`", () => assert.is(place('vtcm_mb'), 'vtcm_mb 21:16'));

test('is the parameter of the pipeline that its axis takes its values from', () =>
  assert.is(place('soc'), 'soc 4:8'));

test('is the axis itself where that holds the values', () =>
  assert.is(place('precision'), 'precision 13:26'));

test('is found through the tasks that the task needs', () => assert.is(place('chunks'), 'chunks 3:11'));

test('is that of the first name that is set anywhere', () => {
  assert.is(place('optimization', 'unused', 'soc'), 'unused 5:11');
  assert.is(place('optimization'), undefined);
});

test('is not sought for ever in a file that refers to itself', () => {
  const circle = PipelineSource.parse(
    'p.yaml',
    'tasks: { a: { needs: [a], matrix: { x: "${{ matrix.x }}" }, with: { x: "${{ matrix.x }}" } } }',
  );
  if (!circle.ok) throw new Error('it does not parse');
  assert.is(placeIn(circle.value, 'a', ['x'])?.parameter, 'x');
  assert.is(placeIn(circle.value, 'a', ['y']), undefined);
});

test.run();
