/**
 * Order by UTF-8 bytes, which is the order of code points that REAPI asks for. JavaScript's own order is by
 * UTF-16 units and differs for characters beyond U+FFFF.
 */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
