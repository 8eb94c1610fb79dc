/** `chunk1of2`: how a chunk is named in ids and file names. */
export function chunkName(chunk: number, chunks: number): string {
  return `chunk${chunk}of${chunks}`;
}

/** `chunk1of2`, or `chunk1of2-prefill16` for the graph of a chunk that takes 16 tokens of a prompt at once. */
export function graphName(graph: Readonly<Record<string, unknown>>): string {
  const name = chunkName(Number(graph.chunk), Number(graph.chunks));
  const tokens = Number(graph.tokens ?? 1);
  return tokens === 1 ? name : `${name}-prefill${tokens}`;
}
