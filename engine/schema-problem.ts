import type { ErrorObject } from 'ajv';
import { EXPRESSION_PATTERN } from './expression.ts';
import { nearestName } from './nearest-name.ts';
import { DURATION_PATTERN, MEMORY_PATTERN } from './quantity.ts';

/** One thing that a value breaks its schema with. */
export interface SchemaProblem {
  /** From the outermost value. For an unknown key it ends with that key. */
  readonly path: readonly string[];
  /** What to point at. */
  readonly part: 'key' | 'value';
  readonly message: string;
  readonly hint?: string;
}

/** What patterns stand for, for people. */
const FORMS: Readonly<Record<string, string>> = {
  [DURATION_PATTERN]: 'duration: expected seconds, or such as `90 s`, `10 min`, `2 h`',
  [MEMORY_PATTERN]: 'amount of memory: expected such as `4 GB`, `512 MiB`',
};

/**
 * Ajv's errors (of a validator with `allErrors` and `verbose`) in words, one for each thing that is wrong: a
 * value that fits none of several schemas gives what is wrong by the one that it comes nearest to.
 */
export function schemaProblems(errors: readonly ErrorObject[]): SchemaProblem[] {
  const told = withoutNoise(errors).map(inWords);
  const seen = new Set<string>();
  return told.filter((problem) => {
    const key = JSON.stringify([problem.path, problem.message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function withoutNoise(errors: readonly ErrorObject[]): ErrorObject[] {
  let left = errors.filter((error) => {
    // They repeat what another error says, or what is only so in a schema's inside.
    if (error.keyword === 'if' || error.schemaPath.includes('/propertyNames/')) return false;
    return (error.parentSchema as { pattern?: unknown } | undefined)?.pattern !== EXPRESSION_PATTERN;
  });
  const choices = left.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  // The innermost first, so that what is left of it can speak for its branch of the next.
  choices.sort((a, b) => b.schemaPath.length - a.schemaPath.length);
  for (const choice of choices) {
    const inside = left.filter((error) => isInside(error, choice));
    left = left.filter((error) => error !== choice && !inside.includes(error));
    left.push(...nearestBranch(choice, inside));
  }
  return left;
}

function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  return (
    error.schemaPath.startsWith(`${choice.schemaPath}/`) &&
    (error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`))
  );
}

function nearestBranch(choice: ErrorObject, inside: readonly ErrorObject[]): ErrorObject[] {
  const branches = new Map<string, ErrorObject[]>();
  for (const error of inside) {
    const branch = error.schemaPath.slice(choice.schemaPath.length + 1).split('/', 1)[0] ?? '';
    branches.set(branch, [...(branches.get(branch) ?? []), error]);
  }
  const isWrongType = (error: ErrorObject) =>
    error.keyword === 'type' && error.instancePath === choice.instancePath;
  const fitting = [...branches.values()].filter((branch) => !branch.some(isWrongType));
  fitting.sort((a, b) => a.length - b.length);
  const [nearest] = fitting;
  if (nearest !== undefined) return nearest;
  const [first] = inside;
  if (first === undefined) return [choice];
  const types = inside.filter(isWrongType).flatMap((error) => error.params.type as string | string[]);
  return [
    {
      ...first,
      keyword: 'type',
      instancePath: choice.instancePath,
      params: { type: types },
      data: choice.data,
    },
  ];
}

function inWords(error: ErrorObject): SchemaProblem {
  const path = pathOf(error.instancePath);
  const { params, parentSchema, data } = error;
  const at = (message: string, hint?: string): SchemaProblem => ({
    path,
    part: 'value',
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
      const message = `unknown key \`${key}\`${inside(path)}`;
      return { path: [...path, key], part: 'key', ...suggested(message, key, known) };
    }
    case 'required':
      return {
        path,
        part: 'key',
        message: `the key \`${String(params.missingProperty)}\` is missing${inside(path)}`,
      };
    case 'propertyNames': {
      const name = String(params.propertyName);
      return {
        path: [...path, name],
        part: 'key',
        message: `\`${name}\` cannot be a name here`,
        hint: 'Use letters, digits, `-` and `_`, and begin with a letter.',
      };
    }
    case 'type':
      return at(`expected ${typeWords(params.type as string | string[])}, found ${kindOfValue(data)}`);
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).map(String);
      if (typeof data === 'object')
        return at(`expected one of ${listed(allowed)}, found ${kindOfValue(data)}`);
      return {
        ...at(''),
        ...suggested(`unknown ${isKind(path) ? 'kind' : 'value'} \`${String(data)}\``, String(data), allowed),
      };
    }
    case 'const':
      return at(`expected \`${String(params.allowedValue)}\`, found ${shown(data)}`);
    case 'minimum':
      return at(`expected at least ${String(params.limit)}, found ${shown(data)}`);
    case 'maximum':
      return at(`expected at most ${String(params.limit)}, found ${shown(data)}`);
    case 'exclusiveMinimum':
      return at(`expected more than ${String(params.limit)}, found ${shown(data)}`);
    case 'exclusiveMaximum':
      return at(`expected less than ${String(params.limit)}, found ${shown(data)}`);
    case 'multipleOf':
      return at(`expected a multiple of ${String(params.multipleOf)}, found ${shown(data)}`);
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      if (params.limit === 1) return at(`${subject(path)} must not be empty`);
      return at(`${subject(path)} needs at least ${String(params.limit)} ${unit(error.keyword)}`);
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return at(`${subject(path)} takes at most ${String(params.limit)} ${unit(error.keyword)}`);
    case 'pattern': {
      const form = FORMS[String(params.pattern)];
      return at(
        form === undefined
          ? `${shown(data)} does not have the form \`${String(params.pattern)}\``
          : `${shown(data)} is no ${form}`,
      );
    }
    case 'uniqueItems':
      return at(`the list has ${shown((data as unknown[])[Number(params.i)])} twice`);
    default:
      return at(`${subject(path)} ${error.message ?? 'is not valid'}`);
  }
}

function suggested(
  message: string,
  name: string,
  known: readonly string[],
): { message: string; hint?: string } {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return { message: `${message}; did you mean \`${nearest}\`?` };
  return known.length === 0 ? { message } : { message, hint: `There is ${listed(known)}.` };
}

/** JSON pointer → names. */
function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function inside(path: readonly string[]): string {
  return path.length === 0 ? '' : ` in \`${path.join('.')}\``;
}

/** What a value is, for a sentence about it. */
function subject(path: readonly string[]): string {
  return path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
}

function isKind(path: readonly string[]): boolean {
  return path.length === 3 && path[0] === 'tasks' && path[2] === 'uses';
}

function unit(keyword: string): string {
  if (keyword.endsWith('Length')) return 'characters';
  return keyword.endsWith('Items') ? 'items' : 'keys';
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
};

function typeWords(types: string | readonly string[]): string {
  const words = [...new Set([types].flat())].map((type) => TYPE_WORDS[type] ?? type);
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}

function kindOfValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'a string';
  return shown(value);
}

function shown(value: unknown): string {
  if (typeof value === 'object' || value === undefined) return kindOfValue(value);
  return `\`${String(value)}\``;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
