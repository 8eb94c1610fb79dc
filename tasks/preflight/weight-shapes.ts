import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Tool } from '../../engine/kind.ts';
import { PYTHON_ENVIRONMENT } from '../python-stage.ts';
import { readHeaderShapes, type Shapes, shapesOf } from '../safetensors-header.ts';

const DESCRIBE = 'tasks/preflight/describe_weights.py';

/** A header of many layers with long names. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Reads the shapes of weights: of a `.safetensors` file here, of the others with the stages' own Python. */
export function shapeReader(
  packageRoot: string,
  python: Tool | undefined,
): (path: string) => Promise<Shapes | undefined> {
  return async (path) => {
    if (!existsSync(path)) return undefined;
    return (await readHeaderShapes(path)) ?? (await describedShapes(path, packageRoot, python));
  };
}

async function describedShapes(
  path: string,
  packageRoot: string,
  python: Tool | undefined,
): Promise<Shapes | undefined> {
  const folder = await python?.prepare(() => undefined, new AbortController().signal);
  if (folder?.ok !== true) return undefined;
  const text = await new Promise<string>((resolve) => {
    execFile(
      join(folder.value, 'bin', 'python'),
      [DESCRIBE, '--weights', path],
      { cwd: packageRoot, env: { ...process.env, ...PYTHON_ENVIRONMENT }, maxBuffer: MOST_BYTES },
      (error, stdout) => resolve(error === null ? stdout : ''),
    );
  });
  return text === '' ? undefined : shapesOf(JSON.parse(text));
}
