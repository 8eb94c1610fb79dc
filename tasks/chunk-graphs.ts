import type { ActionInput, NeededOutput } from '../engine/kind.ts';
import { graphName, partName } from './chunk-name.ts';
import { artifactInput } from './needed-artifacts.ts';

/** The DLCs of one chunk, or of the head: the graph for one token, and those for a prompt and a batch if there are any. */
export interface ChunkGraphs {
  /** `chunk1of2`, `head` */
  readonly name: string;
  readonly attributes: NeededOutput['output']['attributes'];
  readonly inputs: readonly ActionInput[];
}

/** DLCs by their chunks; each is an input at a place named after its graph. */
export function chunkGraphs(dlcs: readonly NeededOutput[]): readonly ChunkGraphs[] {
  const chunks = new Map<string, NeededOutput[]>();
  for (const dlc of dlcs) {
    const name = partName(dlc.output.attributes);
    chunks.set(name, [...(chunks.get(name) ?? []), dlc]);
  }
  return [...chunks].map(([name, graphs]) => {
    const { tokens: _, sequences: __, ...first } = graphs[0]?.output.attributes ?? {};
    const attributes = { ...first, fp16: graphs.some(({ output }) => output.attributes.fp16 === true) };
    const inputs = graphs.map((dlc) => artifactInput(dlc, `${graphName(dlc.output.attributes)}.dlc`));
    return { name, attributes, inputs };
  });
}
