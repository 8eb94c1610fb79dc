import type { Value } from './kind.ts';
import { nearestName } from './nearest-name.ts';
import { fail, ok, type Result } from './result.ts';

/** What the names in an expression stand for. */
export interface ExpressionScope {
  readonly params: Readonly<Record<string, Value>>;
  readonly models: Readonly<Record<string, Value>>;
  readonly precisions: Readonly<Record<string, Value>>;
  readonly matrix: Readonly<Record<string, Value>>;
}

/** A text that holds an expression, complete or not: what a value of any type may be written as. */
export const EXPRESSION_PATTERN = '\\$\\{\\{';

/**
 * Fills in every `${{ path }}` in a value, however deep; keys of maps stay as they are. A path is names joined
 * by `.`, and `[…]` around another path, a quoted name or an index: `models[matrix.model].weights`. A text that
 * is one expression and nothing else becomes what the path leads to, with its type; inside a longer text it
 * becomes text. What a path leads to may hold expressions itself. There is no arithmetic.
 * Fails with what is wrong, in words: ``no parameter `chunk`; did you mean `chunks`?``.
 */
export function evaluate(value: Value, scope: ExpressionScope): Result<Value, string> {
  return fill(value, { scope, trail: [] });
}

/** The trail is the paths that are being filled in: to meet one of them again would never end. */
interface Context {
  readonly scope: ExpressionScope;
  readonly trail: readonly string[];
}

function fill(value: Value, context: Context): Result<Value, string> {
  if (typeof value === 'string') return fillText(value, context);
  if (typeof value !== 'object' || value === null) return ok(value);
  const filled: [string, Value][] = [];
  for (const [key, part] of Object.entries(value)) {
    const result = fill(part, context);
    if (!result.ok) return result;
    filled.push([key, result.value]);
  }
  return ok(isList(value) ? filled.map(([, part]) => part) : Object.fromEntries(filled));
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function fillText(text: string, context: Context): Result<Value, string> {
  if (!text.includes('${{')) return ok(text);
  const whole = /^\s*\$\{\{((?:(?!\$\{\{|\}\}).)*)\}\}\s*$/s.exec(text);
  if (whole !== null) return follow(whole[1] ?? '', context);
  const [first = '', ...rest] = text.split('${{');
  let filled = first;
  for (const piece of rest) {
    const end = piece.indexOf('}}');
    if (end < 0) return fail(`\`\${{\` without its \`}}\` in \`${text}\``);
    const source = piece.slice(0, end);
    const value = follow(source, context);
    if (!value.ok) return value;
    if (typeof value.value === 'object') {
      const what = value.value === null ? 'nothing' : isList(value.value) ? 'a list' : 'a map';
      return fail(`\`${source.trim()}\` is ${what} and cannot be a part of the text \`${text}\``);
    }
    filled += String(value.value) + piece.slice(end + 2);
  }
  return ok(filled);
}

function follow(source: string, context: Context): Result<Value, string> {
  const tokens = tokenise(source);
  const path = tokens === undefined ? undefined : parsePath({ tokens, at: 0 });
  if (path === undefined || path.rest.at < path.rest.tokens.length) {
    return fail(
      `\`\${{ ${source.trim()} }}\` is not a path; write for example \`\${{ params.name }}\` or \`\${{ models[matrix.model].weights }}\``,
    );
  }
  return resolve(path.steps, context);
}

type Step = { readonly name: string | number } | { readonly index: readonly Step[] };
interface Cursor {
  readonly tokens: readonly string[];
  readonly at: number;
}

const TOKEN = /\s*(?:([A-Za-z_][\w-]*|\d+|'[^']*'|"[^"]*")|([.[\]]))\s*/y;

function tokenise(source: string): string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) return undefined;
    tokens.push(match[1] ?? match[2] ?? '');
  }
  return tokens;
}

function parsePath({ tokens, at }: Cursor): { steps: Step[]; rest: Cursor } | undefined {
  const root = tokens[at];
  if (root === undefined || !isName(root)) return undefined;
  const steps: Step[] = [{ name: root }];
  let next = at + 1;
  for (;;) {
    const token = tokens[next];
    const after = tokens[next + 1];
    if (token === '.') {
      if (after === undefined || !isName(after)) return undefined;
      steps.push({ name: after });
      next += 2;
    } else if (token === '[') {
      if (after === undefined) return undefined;
      const literal = literalOf(after);
      const inner = literal === undefined ? parsePath({ tokens, at: next + 1 }) : undefined;
      if (literal === undefined && inner === undefined) return undefined;
      const end = inner === undefined ? next + 2 : inner.rest.at;
      if (tokens[end] !== ']') return undefined;
      steps.push(inner === undefined ? { name: literal ?? '' } : { index: inner.steps });
      next = end + 1;
    } else {
      return { steps, rest: { tokens, at: next } };
    }
  }
}

function isName(token: string): boolean {
  return /^[A-Za-z_]/.test(token);
}

function literalOf(token: string): string | number | undefined {
  if (/^\d/.test(token)) return Number(token);
  return /^['"]/.test(token) ? token.slice(1, -1) : undefined;
}

const ROOTS = ['params', 'models', 'precisions', 'matrix'] as const;
const ENTRY_WORDS: Readonly<Record<string, string>> = {
  params: 'parameter',
  models: 'model',
  precisions: 'precision',
  matrix: 'axis',
};

function resolve(steps: readonly Step[], context: Context): Result<Value, string> {
  let at: Value = {
    params: context.scope.params,
    models: context.scope.models,
    precisions: context.scope.precisions,
    matrix: context.scope.matrix,
  };
  const names: string[] = [];
  let { trail } = context;
  for (const step of steps) {
    const name: Result<string | number, string> =
      'name' in step ? ok(step.name) : indexOf(step.index, context);
    if (!name.ok) return name;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name.value)) {
      return fail(absence(names, String(name.value), at));
    }
    const found: Value | undefined = isList(at) ? at[Number(name.value)] : at[name.value];
    if (found === undefined) return fail(absence(names, String(name.value), at));
    names.push(String(name.value));
    at = found;
    // A text on the way may be an expression that leads on; the end of the path is filled in whole.
    if (typeof at !== 'string' && names.length < steps.length) continue;
    const key = JSON.stringify(names);
    if (trail.includes(key)) return fail(`\`${names.join('.')}\` is defined by itself`);
    trail = [...trail, key];
    const filled = fill(at, { scope: context.scope, trail });
    if (!filled.ok) return filled;
    at = filled.value;
  }
  return ok(at);
}

function indexOf(steps: readonly Step[], context: Context): Result<string | number, string> {
  const value = resolve(steps, context);
  if (!value.ok) return value;
  if (typeof value.value === 'string' || typeof value.value === 'number') return ok(value.value);
  return fail('what stands in `[…]` must be a name or a number');
}

function absence(path: readonly string[], name: string, at: Value): string {
  const known = typeof at === 'object' && at !== null && !isList(at) ? Object.keys(at) : [];
  const [root, ...inner] = path;
  const what =
    root === undefined
      ? `an expression begins with ${ROOTS.map((it) => `\`${it}\``).join(', ')}, not \`${name}\``
      : inner.length === 0
        ? `no ${ENTRY_WORDS[root]} \`${name}\``
        : `\`${path.join('.')}\` has no \`${name}\``;
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `${what}; did you mean \`${nearest}\`?`;
  return root === undefined || known.length === 0
    ? what
    : `${what}; there is ${known.map((it) => `\`${it}\``).join(', ')}`;
}
