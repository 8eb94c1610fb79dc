import { ok, type Result } from '../engine/result.ts';
import type { ActionCache, ActionResult } from './action-cache.ts';
import type { BlobStore } from './blob-store.ts';
import type { Digest } from './digest.ts';

/**
 * How long results are gathered before a flush. While the disk writes its journal, whoever makes a file or a
 * folder waits; a flush for each action made a chain of short ones twice as slow.
 */
const GATHER_MILLISECONDS = 300;

/**
 * Puts results into the store without waiting for the disk: at once as results that count until the machine is
 * started anew, and for good when the disk has the blobs that they name. So a killed process loses nothing, and
 * a power cut never leaves a result without its bytes.
 */
export class ResultKeeper {
  readonly #blobs: BlobStore;
  readonly #results: ActionCache;
  #waiting: { readonly fingerprint: Digest; readonly result: ActionResult }[] = [];
  #working: Promise<void> | undefined;
  /** Ends the gathering early. */
  #hurry: () => void = () => undefined;
  #draining = false;
  #outcome: Result<void> = ok(undefined);

  constructor(blobs: BlobStore, results: ActionCache) {
    this.#blobs = blobs;
    this.#results = results;
  }

  /** Takes a result whose blobs are stored. */
  keep(fingerprint: Digest, result: ActionResult): void {
    const put = this.#results.putForNow(fingerprint, result);
    if (!put.ok && this.#outcome.ok) this.#outcome = put;
    this.#waiting.push({ fingerprint, result });
    this.#working ??= this.#work();
  }

  /** Waits until everything is kept. Fails with the first `storage-failed`; what came after that is lost. */
  async drain(): Promise<Result<void>> {
    this.#draining = true;
    this.#hurry();
    await this.#working;
    this.#draining = false;
    return this.#outcome;
  }

  #gather(): Promise<void> {
    if (this.#draining) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MILLISECONDS);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 && this.#outcome.ok) {
      await this.#gather();
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
