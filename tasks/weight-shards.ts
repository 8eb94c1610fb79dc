import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';

/** What Hugging Face's tools call the list of the files of one checkpoint. */
const INDEX_SUFFIX = '.index.json';

/**
 * The names of the files that an index of `.safetensors` files lists, which lie beside it, sorted; none where `weights` is no
 * index, or one that cannot be read: the stage that reads the weights says what is wrong with it.
 */
export async function weightShards(weights: string): Promise<readonly string[]> {
  if (!isShardIndex(weights)) return [];
  try {
    // To open a pipe would be to wait for whoever writes to it.
    if (!(await stat(weights)).isFile()) return [];
    const { weight_map: map } = JSON.parse(await readFile(weights, 'utf8')) as { weight_map?: unknown };
    const names = new Set(Object.values((map ?? {}) as Record<string, unknown>));
    return [...names]
      .filter((name): name is string => typeof name === 'string' && name !== '' && basename(name) === name)
      .sort();
  } catch {
    return [];
  }
}

export function isShardIndex(weights: string): boolean {
  return weights.endsWith(INDEX_SUFFIX);
}
