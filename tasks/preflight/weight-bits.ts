import type { PrecisionRecipe } from '../precision-recipe.ts';
import type { LinearOutline } from './model-outline.ts';

const BITS = { fp16: 16, w8: 8, w4: 4 } as const;

/** How many bits a recipe gives a weight, by the rules of `tasks/rwkv/recipe_rules.py`, where a stage decides. */
export function bitsOf(
  { weights }: PrecisionRecipe,
  { name, narrowest }: LinearOutline,
  width: number,
): number {
  let bits: number = BITS.fp16;
  for (const [pattern, form] of Object.entries(weights)) {
    if (pattern === 'low-rank' ? narrowest < width : matches(pattern, name)) bits = BITS[form];
  }
  return bits;
}

/** Whether the pattern's dotted parts stand next to each other in the name's. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('.').map(expressionOf);
  const names = name.split('.');
  return names.some(
    (_, start) =>
      start + parts.length <= names.length && parts.every((part, at) => part.test(names[start + at] ?? '')),
  );
}

/** `*`, `?` and `[…]`, as in names of files. */
function expressionOf(part: string): RegExp {
  const source = part.replace(/\[!?[^\]]*\]|./gs, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 1) return piece.replace('[!', '[^').replaceAll('\\', '\\\\');
    return piece.replace(/[\\^$+.()|{}\][]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}
