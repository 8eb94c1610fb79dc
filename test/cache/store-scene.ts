import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BlobStore } from '../../cache/blob-store.ts';
import { type Digest, digestBytes } from '../../cache/digest.ts';
import { scratchFolder } from './scratch-folder.ts';

export const bytes = Buffer.from('the bytes of a blob');
export const digest = digestBytes(bytes);

/** An empty store, and a folder to work in on the same disk. */
export function scene(): { store: BlobStore; work: string } {
  return { store: new BlobStore(join(scratchFolder(), 'store')), work: scratchFolder() };
}

/** Where a blob has to lie. */
export function blobAt(store: BlobStore, { hash }: Digest, pool = 'sha256'): string {
  return join(store.root, 'cas', pool, hash.slice(0, 2), hash);
}

/** The names of what was moved aside. */
export function damaged(store: BlobStore): string[] {
  const folder = join(store.root, 'cas/damaged');
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Writes files, by their paths in a folder. */
export function fill(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** What a failing disk does: a byte is another, and neither size nor time tells. */
export function flipByte(path: string, at: number): void {
  const { atime, mtime } = statSync(path);
  const content = readFileSync(path);
  content.writeUInt8(content.readUInt8(at) ^ 0x10, at);
  chmodSync(path, 0o644);
  writeFileSync(path, content);
  utimesSync(path, atime, mtime);
  chmodSync(path, 0o444);
}

/** What a crashed disk does: only the first bytes are left. */
export function cutShort(path: string, length: number): void {
  chmodSync(path, 0o644);
  truncateSync(path, length);
}
