import { ok, type Result } from '../engine/result.ts';
import type { ActionCache, ActionResult } from './action-cache.ts';
import type { BlobStore } from './blob-store.ts';
import type { Digest } from './digest.ts';

/**
 * Puts results into the store behind the build's back: first their blobs onto the disk, then the results that
 * name them. A power cut so never leaves a result without its bytes, and no action waits for the disk. Results
 * that come while it flushes share the next flush.
 */
export class ResultKeeper {
  readonly #blobs: BlobStore;
  readonly #results: ActionCache;
  #waiting: { readonly fingerprint: Digest; readonly result: ActionResult }[] = [];
  #working: Promise<void> | undefined;
  #outcome: Result<void> = ok(undefined);

  constructor(blobs: BlobStore, results: ActionCache) {
    this.#blobs = blobs;
    this.#results = results;
  }

  /** Takes a result whose blobs are stored. */
  keep(fingerprint: Digest, result: ActionResult): void {
    this.#waiting.push({ fingerprint, result });
    this.#working ??= this.#work();
  }

  /** Waits until everything is kept. Fails with the first `storage-failed`; what came after that is lost. */
  async drain(): Promise<Result<void>> {
    await this.#working;
    return this.#outcome;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 && this.#outcome.ok) {
      const batch = this.#waiting;
      this.#waiting = [];
      const flushed = await this.#blobs.flush();
      if (!flushed.ok) this.#outcome = flushed;
      for (const { fingerprint, result } of flushed.ok ? batch : []) {
        const put = this.#results.put(fingerprint, result);
        if (!put.ok) this.#outcome = put;
      }
    }
    this.#working = undefined;
  }
}
