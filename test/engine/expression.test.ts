import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluate } from '../../engine/expression.ts';
import type { Value } from '../../engine/kind.ts';

const test = suite('expression');

const scope = {
  params: {
    chunks: 2,
    soc: ['SM8650', 'SM8750'],
    deep: { a: { b: true } },
    none: null,
    again: '${{ params.chunks }}',
    path: 'out/${{ params.again }}',
    first: '${{ models[params.name] }}',
    name: 'rwkv7-0.1b',
    self: '${{ params.other }}',
    other: ['${{ params.self }}'],
  },
  models: { 'rwkv7-0.1b': { weights: 'a.pth' }, tiny: { weights: 'b.pth' } },
  precisions: { w8: { bits: 8 } },
  matrix: { model: 'tiny', chunk: '1' },
};

function value(source: Value): Value {
  const result = evaluate(source, scope);
  if (!result.ok) throw new Error(result.failure);
  return result.value;
}

function message(source: Value): string {
  const result = evaluate(source, scope);
  return result.ok ? (assert.unreachable() ?? '') : result.failure;
}

test('a value without expressions stays as it is', () => {
  for (const plain of ['a', '$', '{{ a }}', '$HOME ${HOME} }}', 3, true, null, [], {}, { a: [1, 'b'] }]) {
    assert.equal(value(plain), plain);
  }
});

test('a text that is one expression keeps the type of what it leads to', () => {
  assert.is(value('${{ params.chunks }}'), 2);
  assert.is(value('  ${{params.deep.a.b}}\n'), true);
  assert.is(value('${{ params.none }}'), null);
  assert.equal(value('${{ params.soc }}'), ['SM8650', 'SM8750']);
  assert.equal(value('${{ models }}'), scope.models);
});

test('inside a longer text it becomes text', () => {
  assert.is(value('out/${{ matrix.model }}-${{ params.chunks }}.bin'), 'out/tiny-2.bin');
  assert.is(value('${{ params.chunks }}${{ params.chunks }}'), '22');
});

test('it is filled in at any depth, in values and not in keys', () => {
  assert.equal(value({ '${{ a }}': [{ b: '${{ params.chunks }}' }] }), { '${{ a }}': [{ b: 2 }] });
});

test('brackets take another path, a quoted name or an index', () => {
  assert.is(value('${{ models[matrix.model].weights }}'), 'b.pth');
  assert.is(value("${{ models['rwkv7-0.1b'].weights }}"), 'a.pth');
  assert.is(value('${{ models["rwkv7-0.1b"]["weights"] }}'), 'a.pth');
  assert.is(value('${{ models[params.name].weights }}'), 'a.pth');
  assert.is(value('${{ params.soc[1] }}'), 'SM8750');
  assert.is(value('${{ params.soc[matrix.chunk] }}'), 'SM8750');
});

test('what a path leads to may hold expressions, also on the way', () => {
  assert.is(value('${{ params.again }}'), 2);
  assert.is(value('${{ params.path }}'), 'out/2');
  assert.is(value('${{ params.first.weights }}'), 'a.pth');
});

test('a definition by itself is found', () => {
  assert.is(message('${{ params.self }}'), '`params.self` is defined by itself');
  assert.match(message('${{ params }}'), 'is defined by itself');
});

test('an unknown name is named, with the nearest or with all there are', () => {
  assert.is(message('${{ params.chunk }}'), 'no parameter `chunk`; did you mean `chunks`?');
  assert.is(message('${{ models.tinny }}'), 'no model `tinny`; did you mean `tiny`?');
  assert.is(message('${{ matrix.device }}'), 'no axis `device`; there is `model`, `chunk`');
  assert.is(message('${{ models.tiny.weight }}'), '`models.tiny` has no `weight`; did you mean `weights`?');
  assert.is(message('${{ params.chunks.x }}'), '`params.chunks` has no `x`');
  assert.is(message('${{ params.soc[7] }}'), '`params.soc` has no `7`');
  assert.is(message('${{ precisions.w9 }}'), 'no precision `w9`; did you mean `w8`?');
  assert.match(message('${{ param.chunks }}'), 'did you mean `params`?');
  assert.is(
    message('${{ env.HOME }}'),
    'an expression begins with `params`, `models`, `precisions`, `matrix`, not `env`',
  );
});

test('what every object has is not a name', () => {
  assert.match(message('${{ params.constructor }}'), 'no parameter `constructor`');
  assert.match(message('${{ params.soc.length }}'), '`params.soc` has no `length`');
  assert.match(message('${{ params.__proto__ }}'), 'no parameter `__proto__`');
});

test('what is not a path is refused, and there is no arithmetic', () => {
  for (const source of [
    '',
    'params.',
    '.chunks',
    'params.chunks + 1',
    'params[',
    'params[]',
    'models[x',
    '1',
    "'a'",
    'f()',
    'params..a',
    'params.1',
    'a]',
  ]) {
    assert.match(message(`\${{ ${source} }}`), 'is not a path');
  }
});

test('an expression without an end is refused', () => {
  assert.match(message('a ${{ params.chunks'), 'without its `}}`');
  assert.match(message('${{ params.chunks }'), 'without its `}}`');
});

test('a list, a map or nothing cannot be a part of a text', () => {
  assert.match(message('x${{ params.soc }}'), '`params.soc` is a list and cannot be a part of the text');
  assert.match(message('x${{ models }}'), 'is a map');
  assert.match(message('x${{ params.none }}'), 'is nothing');
});

test('a map with the key __proto__ stays a map with that key', () => {
  const odd = JSON.parse('{"__proto__": "${{ params.chunks }}"}') as Value;
  assert.is(JSON.stringify(value(odd)), '{"__proto__":2}');
});

test.run();
