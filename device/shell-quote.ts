/**
 * Text as one word of a POSIX shell. Only single quotes are understood alike by dash, mksh (Android), bash and
 * busybox; a NUL can be in no word.
 */
export function shellQuote(text: string): string {
  if (text.includes('\0')) throw new TypeError('a NUL cannot be passed to a shell');
  return /^[A-Za-z0-9_./:,+@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
