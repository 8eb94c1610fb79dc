import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lenientSchema } from '../../engine/lenient-schema.ts';

const test = suite('lenient schema');

function accepts(schema: Readonly<Record<string, unknown>>, value: unknown): boolean {
  return new Ajv({ strict: false }).compile(lenientSchema(schema))(value);
}

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['n'],
  properties: {
    n: { type: 'integer', description: 'A number.' },
    list: { type: 'array', items: { enum: ['a', 'b'] } },
    map: { type: 'object', additionalProperties: { type: 'boolean' } },
    text: { type: 'string' },
    either: {
      oneOf: [
        { type: 'array', items: { type: 'integer' } },
        { type: 'array', items: { type: 'boolean' } },
      ],
    },
  },
};
const X = '${{ params.x }}';

test('an expression stands for any value inside', () => {
  assert.ok(accepts(schema, { n: X }));
  assert.ok(accepts(schema, { n: 1, list: X }));
  assert.ok(accepts(schema, { n: 1, list: ['a', X], map: { a: true, b: X }, text: X }));
  assert.ok(accepts(schema, { n: 1, either: [X] }));
  assert.ok(accepts(schema, { n: `1${X}` }));
});

test('what is not an expression is held to the schema', () => {
  for (const wrong of [
    { n: 'one' },
    { n: 1, list: ['c'] },
    { n: 1, map: { a: 1 } },
    { n: 1, text: 1 },
    { n: 1, m: X },
    {},
  ]) {
    assert.not(accepts(schema, wrong));
  }
});

test('the outermost value cannot be an expression', () => {
  assert.not(accepts(schema, X));
});

test('what depends on values is left to the strict schema', () => {
  const rules = {
    ...schema,
    if: { properties: { n: { const: 1 } } },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON schema.
    then: { required: ['text'] },
    not: { required: ['map'] },
  };
  assert.ok(accepts(rules, { n: 1, map: {} }));
});

test('descriptions stay where editors look, and a text takes an expression as it is', () => {
  const { properties } = lenientSchema(schema) as { properties: Record<string, Record<string, unknown>> };
  assert.is(properties.n?.description, 'A number.');
  assert.equal(properties.text, { type: 'string' });
});

test('the schema itself is not touched', () => {
  const before = JSON.stringify(schema);
  lenientSchema(schema);
  assert.is(JSON.stringify(schema), before);
});

test.run();
