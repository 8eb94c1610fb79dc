import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Failure } from '../engine/failure.ts';
import type { Value } from '../engine/kind.ts';
import { nearestName } from '../engine/nearest-name.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import type { PrecisionRecipe } from './precision-recipe.ts';

/** An entry as it is written: everything in it may be left out. */
type Written = Partial<Omit<PrecisionRecipe, 'name'>> & { readonly extends?: string };
type WrittenSet = Readonly<Record<string, Written>>;

/** The precisions that ship with rwkv-build, as they are written in its file. */
export async function shippedPrecisions(packageRoot: string): Promise<WrittenSet> {
  return parse(await readFile(join(packageRoot, 'tasks', 'precisions.yaml'), 'utf8')) as WrittenSet;
}

/** Every precision by name, complete: the shipped ones, and those of a pipeline, which go before them. */
export async function completePrecisions(
  own: Readonly<Record<string, Value>>,
  packageRoot: string,
): Promise<Result<Record<string, Value>, Failure>> {
  const shipped = await shippedPrecisions(packageRoot);
  const sets: readonly WrittenSet[] = [own as unknown as WrittenSet, shipped];
  const complete: Record<string, Value> = {};
  for (const name of new Set(sets.flatMap(Object.keys))) {
    const recipe = completeRecipe(name, sets, []);
    if (!recipe.ok) return recipe;
    complete[name] = recipe.value as unknown as Value;
  }
  return ok(complete);
}

/** One precision with what it extends. In its own name an entry extends the shipped one that it replaces. */
function completeRecipe(
  name: string,
  sets: readonly WrittenSet[],
  trail: readonly string[],
): Result<PrecisionRecipe, Failure> {
  const at = sets.findIndex((set) => Object.hasOwn(set, name));
  const written = sets[at]?.[name];
  if (written === undefined) return fail(unknownPrecision(name, sets, trail));
  const begin: PrecisionRecipe = { name, weights: {}, methods: {}, float: [], io: 'fp16', headroom: 1 };
  let base = begin;
  if (written.extends !== undefined) {
    if (trail.includes(name)) return fail(endless(name));
    const own = written.extends === name;
    const found = completeRecipe(
      written.extends,
      own ? sets.slice(at + 1) : sets,
      own ? trail : [...trail, name],
    );
    if (!found.ok) return found;
    base = found.value;
  }
  return ok({
    name,
    weights: ruled(base.weights, written.weights),
    methods: { ...base.methods, ...written.methods },
    float: written.float ?? base.float,
    io: written.io ?? base.io,
    headroom: written.headroom ?? base.headroom,
  });
}

/** Rules in their order: one that is written again moves to the end, because the last that matches counts. */
function ruled<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>> = {},
): Record<string, T> {
  const kept = Object.entries(before).filter(([pattern]) => !Object.hasOwn(after, pattern));
  return Object.fromEntries([...kept, ...Object.entries(after)]);
}

function unknownPrecision(name: string, sets: readonly WrittenSet[], trail: readonly string[]): Failure {
  const known = [...new Set(sets.flatMap(Object.keys))];
  const nearest = nearestName(name, known);
  return {
    kind: 'unknown-name',
    what: 'precision',
    name,
    message: `the precision \`${trail.at(-1)}\` extends \`${name}\`, which there is not`,
    hint: nearest === undefined ? `known: ${known.join(', ')}` : `did you mean \`${nearest}\`?`,
    ...(nearest === undefined ? {} : { nearest }),
  };
}

function endless(name: string): Failure {
  return {
    kind: 'pipeline-invalid',
    message: `the precision \`${name}\` extends itself`,
    hint: 'let it extend a shipped one, or none',
  };
}
