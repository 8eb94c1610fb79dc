import type { SourceLocation } from './failure.ts';

/** How a command names a part of the pipeline file in its error: `error: precisions/mine/weights/ffn: …`. */
const NAMED = /^error: (\w+(?:\/[^/\n:]+)+):/m;

/** A part of the pipeline file that is to be changed, by its last key. */
export interface NamedPlace {
  readonly parameter: string;
  readonly location: SourceLocation;
}

/**
 * The part of the pipeline file that a command's error names by its keys, joined by slashes. Undefined where
 * it names none, or one that is not in the file.
 */
export async function namedPlace(file: string, output: string): Promise<NamedPlace | undefined> {
  const path = NAMED.exec(output)?.[1]?.split('/');
  const parameter = path?.at(-1);
  if (path === undefined || parameter === undefined) return undefined;
  // Loaded only where something went wrong: a parser of YAML takes a while to start.
  const { PipelineSource } = await import('./pipeline-source.ts');
  const source = await PipelineSource.read(file);
  if (!source.ok) return undefined;
  let value: unknown = source.value.value();
  value = typeof value === 'object' && value !== null && 'value' in value ? value.value : undefined;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return { parameter, location: source.value.locate(path, 'key') };
}
