import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Value } from '../../engine/kind.ts';
import { isQuantised, needsFp16, needsInputs, type PrecisionRecipe } from '../../tasks/precision-recipe.ts';
import { completePrecisions } from '../../tasks/shipped-precisions.ts';
import { REPOSITORY } from '../rig/project.ts';

const test = suite('precisions');

async function recipes(own: Record<string, Value> = {}): Promise<Record<string, PrecisionRecipe>> {
  const complete = await completePrecisions(own, REPOSITORY);
  if (!complete.ok) throw new Error(`${complete.failure.message}; ${complete.failure.hint}`);
  return complete.value as unknown as Record<string, PrecisionRecipe>;
}

async function refusal(own: Record<string, Value>): Promise<string> {
  const complete = await completePrecisions(own, REPOSITORY);
  return complete.ok ? (assert.unreachable() ?? '') : `${complete.failure.message}; ${complete.failure.hint}`;
}

test('the shipped ones say what they need', async () => {
  const shipped = await recipes();
  assert.equal(Object.keys(shipped).sort(), ['a16w4', 'a16w4-mixed', 'a16w8', 'fp16']);
  const having = (what: (recipe: PrecisionRecipe) => boolean): string[] =>
    Object.keys(shipped).filter((name) => what(shipped[name] as PrecisionRecipe));
  assert.equal(having(isQuantised).sort(), ['a16w4', 'a16w4-mixed', 'a16w8']);
  assert.equal(having(needsFp16), ['fp16']);
  assert.equal(having(needsInputs).sort(), ['a16w4', 'a16w4-mixed']);
});

test('one that extends another has its rules, then its own', async () => {
  const { mine, a16w8 } = await recipes({ mine: { extends: 'a16w8', weights: { ffn: 'w4', head: 'fp16' } } });
  assert.equal(Object.entries(mine?.weights ?? {}), [
    ['*', 'w8'],
    ['ffn', 'w4'],
    ['head', 'fp16'],
  ]);
  assert.equal(mine?.float, a16w8?.float);
  assert.is(mine?.name, 'mine');
});

test('a rule that is written again comes last', async () => {
  const { mine } = await recipes({ mine: { extends: 'a16w4-mixed', weights: { '*': 'w8' } } });
  assert.equal(Object.keys(mine?.weights ?? {}), ['blocks.[01].ffn', 'blocks.[01].att.output', '*']);
});

test('a pipeline’s own goes before a shipped one, which it may extend', async () => {
  const { a16w8 } = await recipes({ a16w8: { extends: 'a16w8', headroom: 2 } });
  assert.is(a16w8?.headroom, 2);
  assert.equal(a16w8?.weights, { '*': 'w8' });
});

test('one that extends nothing known, or itself, is refused', async () => {
  assert.is(
    await refusal({ mine: { extends: 'a16w9' } }),
    'the precision `mine` extends `a16w9`, which there is not; did you mean `a16w8`?',
  );
  const circle = { one: { extends: 'two' }, two: { extends: 'one' } };
  assert.match(await refusal(circle), /the precision `(one|two)` extends itself/);
});

test.run();
