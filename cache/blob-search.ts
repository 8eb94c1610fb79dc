import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { blobPath } from './blob-layout.ts';
import { BlobProofs } from './blob-proofs.ts';
import type { Digest } from './digest.ts';
import { type BlobMode, blobState, proveBlob } from './sealed-blob.ts';
import { moveAside } from './store-verification.ts';

/** Finds blobs that are whole; what turns out to be damaged is moved aside and counts as missing. */
export class BlobSearch {
  private readonly root: string;
  private readonly proofs = new BlobProofs();

  constructor(root: string) {
    this.root = root;
  }

  /** The path of a blob in the first of the pools that has it, by a look at its status. */
  async find(digest: Digest, pools: readonly BlobMode[]): Promise<string | undefined> {
    for (const mode of pools) {
      const path = blobPath(this.root, digest.hash, mode);
      const state = await blobState(path, digest);
      if (state === 'sealed') return path;
      if (state === 'absent') continue;
      if (await proveBlob(path, digest, mode)) {
        if (state === 'unsealed') return path;
        // The blob is what its name says; it is the size in the digest that is wrong.
        continue;
      }
      await moveAside(this.root, path);
      this.proofs.forget(path);
    }
    return undefined;
  }

  /** Reads a blob that was found, unless this object has done so. Fails with `store-corrupt`. */
  async prove(path: string, digest: Digest): Promise<Result<void>> {
    if (await this.proofs.holds(path, digest)) return ok(undefined);
    // Only the first that learns of it: another blob may be in the place by then.
    if (this.proofs.forget(path)) await moveAside(this.root, path);
    return fail(this.missing(digest));
  }

  /** A blob that was hashed on its way to this path needs no reading. */
  given(path: string): void {
    this.proofs.given(path);
  }

  missing(digest: Digest): Failure {
    return {
      kind: 'store-corrupt',
      path: blobPath(this.root, digest.hash, 0o444),
      message: `the store lacks a blob that it had, or has it damaged: ${digest.hash} (${digest.size} bytes)`,
      hint: 'Run the build again: what needs it is made anew.',
    };
  }
}
