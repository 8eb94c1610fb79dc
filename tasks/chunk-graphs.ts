import type { ActionInput, NeededOutput } from '../engine/kind.ts';
import { chunkName, graphName } from './chunk-name.ts';
import { artifactInput } from './needed-artifacts.ts';

/** The DLCs of one chunk: its graph for one token, and the one for a prompt if there is one. */
export interface ChunkGraphs {
  /** `chunk1of2` */
  readonly name: string;
  readonly attributes: NeededOutput['output']['attributes'];
  readonly inputs: readonly ActionInput[];
}

/** DLCs by their chunks; each is an input at a place named after its graph. */
export function chunkGraphs(dlcs: readonly NeededOutput[]): readonly ChunkGraphs[] {
  const chunks = new Map<string, NeededOutput[]>();
  for (const dlc of dlcs) {
    const { chunk, chunks: count } = dlc.output.attributes;
    const name = chunkName(Number(chunk), Number(count));
    chunks.set(name, [...(chunks.get(name) ?? []), dlc]);
  }
  return [...chunks].map(([name, graphs]) => {
    const { tokens: _, ...first } = graphs[0]?.output.attributes ?? {};
    const attributes = { ...first, fp16: graphs.some(({ output }) => output.attributes.fp16 === true) };
    const inputs = graphs.map((dlc) => artifactInput(dlc, `${graphName(dlc.output.attributes)}.dlc`));
    return { name, attributes, inputs };
  });
}
