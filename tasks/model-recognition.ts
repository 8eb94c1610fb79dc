import { readHeaderShapes, type Shapes } from './safetensors-header.ts';

/** What the names and shapes of its tensors tell about a model. */
export interface RecognisedModel {
  /** As `tasks/rwkv/version_names.py` names them; undefined when it is no RWKV. */
  readonly version: string | undefined;
  readonly layers: number;
  /** Width of the hidden state. */
  readonly width: number;
  /** How many different tokens it knows. */
  readonly vocabulary: number;
}

/** The versions that can be built: the keys of ARCHES in `tasks/rwkv/arch_registry.py`. */
export const BUILDABLE_VERSIONS: readonly string[] = ['5.1', '5.2', '6', '7', '7a'];

/**
 * Looks at the header of a `.safetensors` file.
 * Undefined when it is no such file.
 */
export async function recogniseSafetensors(path: string): Promise<RecognisedModel | undefined> {
  const shapes = await readHeaderShapes(path);
  const embedding = shapes?.get('emb.weight');
  if (shapes === undefined || embedding === undefined) return undefined;
  const [vocabulary = 0, width = 0] = embedding;
  const layers = new Set<string>();
  for (const name of shapes.keys()) {
    const layer = /^blocks\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) layers.add(layer);
  }
  return { version: versionOf(shapes), layers: layers.size, width, vocabulary };
}

/** The rules of `tasks/rwkv/version_names.py`, where a stage decides. */
function versionOf(shapes: Shapes): string | undefined {
  const has = (name: string): boolean => shapes.has(name);
  const begins = (start: string): boolean => [...shapes.keys()].some((name) => name.startsWith(start));
  const attention = 'blocks.0.att.';
  if (has(`${attention}r_k`)) {
    if (begins('blocks.0.qkv.')) return '7b';
    return begins('blocks.0.ffn.s') ? '7a' : '7';
  }
  if (has(`${attention}time_maa_x`)) return '6';
  if (!has(`${attention}time_decay`)) return undefined;
  if (!has(`${attention}ln_x.weight`)) return '4';
  if (!has(`${attention}gate.weight`)) return '5.0';
  const [, perChannel = 1] = shapes.get(`${attention}time_decay`) ?? [];
  return perChannel > 1 ? '5.2' : '5.1';
}
