import { readFileSync } from 'node:fs';
import { type Digest, digestBytes } from './digest.ts';
import { digestBySize } from './hash-threads.ts';

/** Read faster at once than by handing it to another thread. */
const SMALL_BLOB_BYTES = 64 * 1024;

/**
 * Which blobs are what their names say, by reading each once: bits that rot show in no status. What this process
 * hashed itself when it stored it need not be read.
 */
export class BlobProofs {
  readonly #proofs = new Map<string, Promise<boolean>>();

  /** The blob at a path was hashed by whoever put it there just now. */
  given(path: string): void {
    this.#proofs.set(path, Promise.resolve(true));
  }

  /** Whether the blob at a path has the content of its digest. Never rejects. */
  holds(path: string, digest: Digest): Promise<boolean> {
    let proof = this.#proofs.get(path);
    if (proof === undefined) {
      proof = isWhole(path, digest);
      this.#proofs.set(path, proof);
    }
    return proof;
  }

  /** What was known of the blob at a path no longer counts. False when nothing was. */
  forget(path: string): boolean {
    return this.#proofs.delete(path);
  }
}

async function isWhole(path: string, digest: Digest): Promise<boolean> {
  try {
    if (digest.size <= SMALL_BLOB_BYTES) return digestBytes(readFileSync(path)).hash === digest.hash;
    return (await digestBySize(path, digest.size)).hash === digest.hash;
  } catch {
    return false;
  }
}
