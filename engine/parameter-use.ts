import type { Value } from './kind.ts';
import type { Pipeline } from './pipeline-load.ts';

/** `params.chunks`, `params['chunks']` */
const REFERENCE = /\bparams\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*['"]([^'"]+)['"]\s*\])/g;

/**
 * The parameters that a task's expressions name, themselves or through other parameters and models, with their
 * present values as text. Lists and maps are left out: they never become one argument.
 */
export function parametersOf(pipeline: Pipeline, task: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  const rest: string[] = [JSON.stringify(pipeline.tasks[task] ?? null)];
  if (/\bmodels\b/.test(rest[0] ?? '')) rest.push(JSON.stringify(pipeline.models));
  for (let text = rest.pop(); text !== undefined; text = rest.pop()) {
    for (const name of referencedNames(text)) {
      const value: Value | undefined = pipeline.params[name];
      if (seen.has(name) || value === undefined) continue;
      seen.add(name);
      rest.push(JSON.stringify(value));
      if (typeof value !== 'object') found.set(name, String(value));
    }
  }
  return found;
}

function referencedNames(json: string): readonly string[] {
  if (!json.includes('${{')) return [];
  return [...json.replaceAll('\\"', '"').matchAll(REFERENCE)].map(
    ([, dotted, quoted]) => dotted ?? quoted ?? '',
  );
}
