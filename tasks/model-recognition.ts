import { open } from 'node:fs/promises';

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

type Shapes = ReadonlyMap<string, readonly number[]>;

/** The largest header that the safetensors format allows, in bytes. */
const LARGEST_HEADER_BYTES = 100_000_000;

/**
 * Looks at the header of a `.safetensors` file (https://github.com/huggingface/safetensors: u64 length, JSON).
 * Undefined when it is no such file: the stages say what is wrong with it, when they read it.
 */
export async function recogniseSafetensors(path: string): Promise<RecognisedModel | undefined> {
  const shapes = await headerShapes(path);
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
  const attention = 'blocks.0.att.';
  if (has(`${attention}r_k`)) {
    if ([...shapes.keys()].some((name) => name.startsWith('blocks.0.qkv.'))) return '7b';
    return has('blocks.0.ffn.s_emb.weight') ? '7a' : '7';
  }
  if (has(`${attention}time_maa_x`)) return '6';
  if (!has(`${attention}time_decay`)) return undefined;
  if (!has(`${attention}ln_x.weight`)) return '4';
  if (!has(`${attention}gate.weight`)) return '5.0';
  const [, perChannel = 1] = shapes.get(`${attention}time_decay`) ?? [];
  return perChannel > 1 ? '5.2' : '5.1';
}

async function headerShapes(path: string): Promise<Shapes | undefined> {
  const file = await open(path, 'r');
  try {
    const length = Buffer.alloc(8);
    if ((await file.read(length, 0, 8, 0)).bytesRead < 8) return undefined;
    const bytes = length.readBigUInt64LE();
    if (bytes > LARGEST_HEADER_BYTES) return undefined;
    const header = Buffer.alloc(Number(bytes));
    if ((await file.read(header, 0, header.length, 8)).bytesRead < header.length) return undefined;
    return shapesOf(JSON.parse(header.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

function shapesOf(header: unknown): Shapes {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, tensor] of Object.entries((header ?? {}) as Record<string, { shape?: unknown }>)) {
    if (Array.isArray(tensor?.shape)) shapes.set(name, tensor.shape.map(Number));
  }
  return shapes;
}
