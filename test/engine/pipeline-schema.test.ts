import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pipelineSchema } from '../../engine/pipeline-schema.ts';
import { complaints, ENTRIES, KINDS, MODEL_SCHEMA } from './sample-kinds.ts';

const test = suite('pipeline schema');

/** Everything in a schema that describes a value by itself: properties, items, maps' values. */
function* described(schema: unknown, path: string): Generator<[string, Record<string, unknown>]> {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties, definitions, items, additionalProperties } = schema as Record<string, unknown>;
  for (const group of [properties, definitions]) {
    for (const [name, inner] of Object.entries(group ?? {})) {
      yield [`${path}.${name}`, inner as Record<string, unknown>];
      yield* described(inner, `${path}.${name}`);
    }
  }
  for (const inner of [items, additionalProperties]) {
    if (typeof inner !== 'object' || inner === null) continue;
    if (!('$ref' in inner)) yield [`${path}[]`, inner as Record<string, unknown>];
    yield* described(inner, `${path}[]`);
  }
}

test('everything in a pipeline has a description, in plain text and in Markdown', () => {
  const own = pipelineSchema(KINDS, {
    model: { ...MODEL_SCHEMA, properties: {} },
    precision: { ...ENTRIES.precision, properties: {} },
  });
  const found = [...described(own, '')];
  assert.ok(found.length > 15);
  for (const [path, { description, markdownDescription }] of found) {
    assert.type(description, 'string', path);
    assert.type(markdownDescription, 'string', path);
    assert.not(String(description).includes('`'), path);
  }
});

test('it says which kinds there are, and what they do', () => {
  assert.match(JSON.stringify(pipelineSchema(KINDS, ENTRIES)), 'what `export-onnx` does');
});

test('it is plain JSON', () => {
  const schema = pipelineSchema(KINDS, ENTRIES);
  assert.equal(JSON.parse(JSON.stringify(schema)), schema);
});

test('what a pipeline may say, it takes', () => {
  const text = `
version: 1
params: { chunks: 2, soc: [SM8650], nested: { a: [1] }, nothing: null }
models:
  rwkv7-0.1b: { weights: a.pth, layers: "\${{ params.chunks }}" }
precisions: { mine: { bits: 4 } }
matrices: { nightly: { soc: [a, b], chunks: [1], exclude: [{ soc: a }], include: [{ chunks: 2 }] } }
tasks:
  export:
    description: graphs
    uses: export-onnx
    matrix: { model: "\${{ models }}", soc: [SM8650, 1, true], one: x }
    needs: prepare
    with: { weights: "\${{ models[matrix.model].weights }}", chunks: "\${{ params.chunks }}", lengths: [1, "\${{ params.chunks }}"] }
  prepare: { run: "echo > out", outputs: [out], inputs: ["*.txt"] }
  bench: { uses: benchmark, needs: [export, prepare] }
targets:
  default: [bench]
`;
  assert.equal(complaints(text), []);
});

test.run();
