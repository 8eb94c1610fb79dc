import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** In every format that weights come in, the names of the tensors stand before the tensors. */
const SEARCHED_BYTES = 8 * 1024 * 1024;
/** More than any model has: a name with a greater number is none of a model's. */
const MOST_LAYERS = 1000;
const SHARDS = /\.(safetensors|json)$/;

/**
 * How many layers the weights in a file, or in a folder of shards, have. Undefined where their names do not
 * tell: what is wrong with such weights is said by the stage that reads them.
 */
export async function layerCount(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  // To open a pipe would be to wait for whoever writes to it.
  if (status === undefined || !(status.isFile() || status.isDirectory())) return undefined;
  const names = status.isDirectory() ? (await readdir(path)).filter((name) => SHARDS.test(name)) : undefined;
  const files = names?.map((name) => join(path, name)) ?? [path];
  const layers = Math.max(0, ...(await Promise.all(files.map(highestLayer))));
  return layers >= 1 && layers <= MOST_LAYERS ? layers : undefined;
}

async function highestLayer(path: string): Promise<number> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return 0;
  try {
    const buffer = Buffer.alloc(SEARCHED_BYTES);
    const { bytesRead } = await file.read(buffer, 0, SEARCHED_BYTES, 0);
    let layers = 0;
    for (const [, layer] of buffer.toString('latin1', 0, bytesRead).matchAll(/blocks\.(\d+)\./g)) {
      layers = Math.max(layers, Number(layer) + 1);
    }
    return layers;
  } finally {
    await file.close();
  }
}
