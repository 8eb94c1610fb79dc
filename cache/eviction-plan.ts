import { USE_GRAIN_MS } from './action-cache.ts';
import {
  inventoryBytes,
  type StoredBlob,
  type StoredFile,
  type StoredResult,
  type StoreInventory,
} from './store-inventory.ts';

/** What no result names may be the output of an action that is just ending: it is left alone for a day. */
const GRACE_MS = 24 * 60 * 60 * 1000;
const TICK_MS = 50;

export interface EvictionRequest {
  readonly inventory: StoreInventory;
  /** Least recently used results go until the store holds no more than this many bytes. */
  readonly untilBytes: number;
  readonly nowMs: number;
  /** When the oldest running build began: nothing that was used since goes. `Infinity` when none runs. */
  readonly runningSinceMs: number;
  /** When a blob or a result was last used by others than actions, by its hash. */
  readonly furtherUses: ReadonlyMap<string, number>;
}

export interface EvictionPlan {
  /** In the order in which they go: these before any blob. */
  readonly results: readonly StoredFile[];
  /** Blobs and what was moved aside. */
  readonly blobs: readonly StoredFile[];
  readonly freedBytes: number;
  readonly keptBytes: number;
}

/**
 * What is to be removed: first what serves nobody (entries that cannot be read, results that have lost a blob,
 * blobs that no result names, what was moved aside), then results by the time of their last use, each with the
 * blobs that no other result needs. A blob is as recently used as the newest result that names it.
 */
export function planEviction(request: EvictionRequest): EvictionPlan {
  return new Eviction(request).plan();
}

/** One that keeps blobs: a result, or a use by somebody else. */
interface Keeper {
  readonly usedMs: number;
  readonly names: ReadonlySet<string>;
  readonly result?: StoredResult;
}

class Eviction {
  private readonly request: EvictionRequest;
  private readonly blobs = new Map<string, StoredBlob[]>();
  private readonly keepers = new Map<string, number>();
  private readonly goneResults: StoredFile[] = [];
  private readonly goneBlobs: StoredFile[] = [];
  private keptBytes: number;
  private readonly totalBytes: number;
  /** Uses are noted to the hour: what a running build used may bear a time of an hour before it began. */
  private readonly inUseSinceMs: number;
  /** The kernel's clock of inodes may be a tick behind. */
  private readonly changedSinceMs: number;

  constructor(request: EvictionRequest) {
    this.request = request;
    this.inUseSinceMs = request.runningSinceMs - USE_GRAIN_MS;
    this.changedSinceMs = request.runningSinceMs - TICK_MS;
    this.totalBytes = inventoryBytes(request.inventory);
    this.keptBytes = this.totalBytes;
    for (const blob of request.inventory.blobs) {
      const same = this.blobs.get(blob.hash);
      if (same === undefined) this.blobs.set(blob.hash, [blob]);
      else same.push(blob);
    }
  }

  plan(): EvictionPlan {
    const keepers = this.sortedKeepers();
    for (const keeper of keepers) {
      for (const hash of keeper.names) this.keepers.set(hash, (this.keepers.get(hash) ?? 0) + 1);
    }
    this.removeRubbish();
    for (const keeper of keepers) {
      if (this.keptBytes <= this.request.untilBytes || keeper.usedMs >= this.inUseSinceMs) break;
      this.remove(keeper);
    }
    return {
      results: this.goneResults,
      blobs: this.goneBlobs,
      freedBytes: this.totalBytes - this.keptBytes,
      keptBytes: this.keptBytes,
    };
  }

  /** Those whose blobs are all there, the least recently used first. Broken results go at once. */
  private sortedKeepers(): Keeper[] {
    const keepers: Keeper[] = [];
    for (const result of this.request.inventory.results) {
      const usedMs = this.lastUse(result);
      if (result.outputs.every((hash) => this.blobs.has(hash)) || usedMs >= this.inUseSinceMs) {
        keepers.push({ usedMs, names: new Set([...result.outputs, result.log]), result });
      } else {
        this.drop(this.goneResults, result);
      }
    }
    for (const [hash, usedMs] of this.request.furtherUses) {
      if (this.blobs.has(hash)) keepers.push({ usedMs: this.notAhead(usedMs), names: new Set([hash]) });
    }
    // A result before a mere use of the same time; else in an order that doesn't depend on the disk's.
    return keepers.sort((a, b) => a.usedMs - b.usedMs || compare(a.result?.path, b.result?.path));
  }

  /** Whoever uses all outputs of a result uses the result, although nobody looked it up. */
  private lastUse({ usedMs, fingerprint, outputs }: StoredResult): number {
    const { furtherUses } = this.request;
    let outputsUsed = outputs.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    for (const hash of outputs) outputsUsed = Math.min(outputsUsed, furtherUses.get(hash) ?? 0);
    return this.notAhead(Math.max(usedMs, furtherUses.get(fingerprint) ?? 0, outputsUsed));
  }

  /** A time that lies ahead was written by a clock that has been set back since: it counts as now. */
  private notAhead(ms: number): number {
    return Math.min(ms, this.request.nowMs);
  }

  private removeRubbish(): void {
    const { inventory, nowMs } = this.request;
    const old = ({ changedMs }: StoredFile): boolean =>
      this.notAhead(changedMs) < Math.min(nowMs - GRACE_MS, this.changedSinceMs);
    for (const file of inventory.unreadable) if (old(file)) this.drop(this.goneResults, file);
    for (const file of inventory.damaged) if (old(file)) this.drop(this.goneBlobs, file);
    for (const blob of inventory.blobs) {
      if (!this.keepers.has(blob.hash) && old(blob)) this.drop(this.goneBlobs, blob);
    }
  }

  private remove({ result, names }: Keeper): void {
    if (result !== undefined) this.drop(this.goneResults, result);
    for (const hash of names) {
      const left = (this.keepers.get(hash) ?? 0) - 1;
      this.keepers.set(hash, left);
      if (left > 0) continue;
      for (const blob of this.blobs.get(hash) ?? []) {
        // A running action may have made the same content again, and be about to name it in its result.
        if (blob.changedMs < this.changedSinceMs) this.drop(this.goneBlobs, blob);
      }
    }
  }

  private drop(list: StoredFile[], file: StoredFile): void {
    list.push(file);
    this.keptBytes -= file.diskBytes;
  }
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}
