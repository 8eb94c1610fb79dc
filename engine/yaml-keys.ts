import { type Document, isScalar, type Node, type Pair, visit, type YAMLMap, YAMLParseError } from 'yaml';

/**
 * The pairs of a document's maps by key. The library looks for a key from the start of the map each time, which
 * takes half a minute for 20,000 tasks.
 */
export class KeyIndex {
  private readonly maps = new WeakMap<object, ReadonlyMap<string, Pair<Node, Node | null>>>();

  pairOf(map: YAMLMap, key: string): Pair<Node, Node | null> | undefined {
    let pairs = this.maps.get(map);
    if (pairs === undefined) {
      pairs = new Map(
        (map.items as Pair<Node, Node | null>[]).flatMap((pair) =>
          isScalar(pair.key) ? [[String(pair.key.value), pair] as const] : [],
        ),
      );
      this.maps.set(map, pairs);
    }
    return pairs.get(key);
  }
}

/** An error for each key that its map has already; the library's own check compares all of them with all. */
export function repeatedKeys(document: Document.Parsed): readonly YAMLParseError[] {
  const errors: YAMLParseError[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const start = key.range?.[0] ?? 0;
        if (seen.has(key.value)) {
          errors.push(new YAMLParseError([start, start + 1], 'DUPLICATE_KEY', 'Map keys must be unique'));
        }
        seen.add(key.value);
      }
    },
  });
  return errors;
}
