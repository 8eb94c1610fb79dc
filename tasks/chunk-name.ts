/** `chunk1of2`: how a chunk is named in ids and file names. */
export function chunkName(chunk: number, chunks: number): string {
  return `chunk${chunk}of${chunks}`;
}

/** The head in a graph of its own, where others have the number of their chunk. */
export const HEAD = 'head';

/** What a context is of, by the attributes of its graphs: `chunk1of2`, or `head`. */
export function partName({ chunk, chunks }: Readonly<Record<string, unknown>>): string {
  return chunk === HEAD ? HEAD : chunkName(Number(chunk), Number(chunks));
}

/** `chunk1of2`; `chunk1of2-prefill16` for 16 tokens of a prompt at once, `chunk1of2-batch4` for one of 4 sequences. */
export function graphName(graph: Readonly<Record<string, unknown>>): string {
  const [tokens, sequences] = [Number(graph.tokens ?? 1), Number(graph.sequences ?? 1)];
  if (sequences > 1) return `${partName(graph)}-batch${sequences}`;
  return tokens > 1 ? `${partName(graph)}-prefill${tokens}` : partName(graph);
}
