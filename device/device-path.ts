/**
 * A path inside a device's folder, without needless parts. Callers write these paths, users don't: one that would
 * leave the folder is a bug and throws.
 */
export function devicePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..') || /[\0\n\r]/.test(path)) {
    throw new TypeError(`not a path inside the device's folder: ${JSON.stringify(path)}`);
  }
  return parts.join('/') || '.';
}

/** `devicePath` of a file: the folder itself is none. */
export function deviceFile(path: string): string {
  const file = devicePath(path);
  if (file === '.') throw new TypeError(`not a file inside the device's folder: ${JSON.stringify(path)}`);
  return file;
}
