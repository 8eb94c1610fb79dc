import { open, stat } from 'node:fs/promises';
import { errorCode } from '../cache/storage-failure.ts';

/** Tensors' shapes by name. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** The largest header that the safetensors format allows, in bytes. */
const LARGEST_HEADER_BYTES = 100_000_000;

/**
 * Reads the header of a `.safetensors` file (https://github.com/huggingface/safetensors: u64 length, JSON).
 * Undefined when it is no such file, or cannot be read: the stages say what is wrong with it, when they need it.
 */
export async function readHeaderShapes(path: string): Promise<Shapes | undefined> {
  try {
    // To open a pipe would be to wait for whoever writes to it.
    if (!(await stat(path)).isFile()) return undefined;
    const header = await readHeader(path);
    return header === undefined ? undefined : shapesOf(JSON.parse(header.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

async function readHeader(path: string): Promise<Buffer | undefined> {
  const file = await open(path, 'r');
  try {
    const length = Buffer.alloc(8);
    if ((await file.read(length, 0, 8, 0)).bytesRead < 8) return undefined;
    const bytes = length.readBigUInt64LE();
    if (bytes > LARGEST_HEADER_BYTES) return undefined;
    const header = Buffer.alloc(Number(bytes));
    return (await file.read(header, 0, header.length, 8)).bytesRead < header.length ? undefined : header;
  } finally {
    await file.close();
  }
}

/** The shapes in a parsed header, or in any other map of names to tensors with a `shape`. */
export function shapesOf(header: unknown): Shapes {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, tensor] of Object.entries((header ?? {}) as Record<string, { shape?: unknown }>)) {
    if (Array.isArray(tensor?.shape)) shapes.set(name, tensor.shape.map(Number));
  }
  return shapes;
}
