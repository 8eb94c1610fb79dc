import { distance } from 'fastest-levenshtein';

/** Beyond a third of the letters wrong, a suggestion is a guess. */
const WRONG_LETTERS = 1 / 3;
/** Below this length a shared beginning says nothing. */
const TELLING_PREFIX = 3;

/**
 * The known name that somebody most likely meant by `name`: the same but for case, one that begins with it, or
 * the one with the fewest wrong letters. `undefined` when nothing is near enough.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const cost = costOf(wanted, candidate.toLowerCase());
    if (cost < least) {
      least = cost;
      nearest = candidate;
    }
  }
  return nearest;
}

function costOf(wanted: string, candidate: string): number {
  if (wanted === '') return Number.POSITIVE_INFINITY;
  if (wanted === candidate) return 0;
  const shorter = wanted.length < candidate.length ? wanted : candidate;
  const longer = wanted.length < candidate.length ? candidate : wanted;
  // `bench` for `benchmark`: many letters are missing, none is wrong. Half a letter's cost for any number.
  if (shorter.length >= TELLING_PREFIX && longer.startsWith(shorter)) return 0.5;
  // `fp61` for `fp16`: letters in another order are one slip of the fingers, however many they are.
  const wrong = isReordered(wanted, candidate) ? 1 : distance(wanted, candidate);
  const allowed = Math.max(1, Math.floor(longer.length * WRONG_LETTERS));
  return wrong <= allowed && wrong < longer.length ? wrong : Number.POSITIVE_INFINITY;
}

function isReordered(a: string, b: string): boolean {
  return (
    a.length === b.length && a.length >= TELLING_PREFIX && [...a].sort().join('') === [...b].sort().join('')
  );
}
