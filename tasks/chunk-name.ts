/** `chunk1of2`: how a chunk is named in ids and file names. */
export function chunkName(chunk: number, chunks: number): string {
  return `chunk${chunk}of${chunks}`;
}
