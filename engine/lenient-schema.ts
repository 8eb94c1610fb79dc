import { EXPRESSION_PATTERN } from './expression.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose value is a schema. */
const ONE = ['items', 'additionalProperties', 'additionalItems'] as const;
/** Keywords whose value is a map of names to schemas. */
const NAMED = ['properties', 'patternProperties'] as const;
/** Keywords whose value is a list of schemas. */
const LISTED = ['anyOf', 'allOf'] as const;
/** What depends on values that an expression only gives later; the strict schema looks at it then. */
const LATER = ['not', 'if', 'then', 'else', 'contains', 'oneOf', 'uniqueItems'] as const;

/**
 * A schema that also takes an expression, `${{ … }}`, in the place of any value inside: what a pipeline file is
 * held to before its expressions are filled in. The outermost value itself stays as strict as it was.
 */
export function lenientSchema(schema: Schema): Schema {
  const lenient: Record<string, unknown> = { ...schema };
  for (const keyword of ONE) {
    const inner = schema[keyword];
    if (isSchema(inner)) lenient[keyword] = orExpression(inner);
  }
  for (const keyword of NAMED) {
    const inner = schema[keyword];
    if (isSchema(inner)) {
      lenient[keyword] = Object.fromEntries(
        Object.entries(inner).map(([name, value]) => [name, isSchema(value) ? orExpression(value) : value]),
      );
    }
  }
  for (const keyword of LISTED) {
    const inner = schema[keyword];
    if (Array.isArray(inner)) lenient[keyword] = inner.map((it) => (isSchema(it) ? lenientSchema(it) : it));
  }
  // Two branches may both take the same expression, so that exactly one is too much to ask for now.
  if (Array.isArray(schema.oneOf) && schema.anyOf === undefined) {
    lenient.anyOf = schema.oneOf.map((it) => (isSchema(it) ? lenientSchema(it) : it));
  }
  for (const keyword of LATER) delete lenient[keyword];
  return lenient;
}

/** The lenient schema of a value, or an expression instead of the value. */
export function orExpression(schema: Schema): Schema {
  if (takesAnyText(schema)) return schema;
  const { description, markdownDescription, default: preset, title, ...rest } = schema;
  const shown = { title, description, markdownDescription, default: preset };
  return {
    // Outside, where editors look for what they show.
    ...Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined)),
    anyOf: [lenientSchema(rest), { type: 'string', pattern: EXPRESSION_PATTERN }],
  };
}

function takesAnyText(schema: Schema): boolean {
  const limits = ['enum', 'const', 'pattern', 'format', 'minLength', 'maxLength', 'anyOf', 'oneOf', 'allOf'];
  return schema.type === 'string' && limits.every((keyword) => schema[keyword] === undefined);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
