import { ok, type Result } from '../engine/result.ts';
import { diskSpace, type LimitSetting, limitBytes } from './cache-limit.ts';
import { addToEstimate, readEstimate, writeEstimate } from './size-estimate.ts';
import { type CollectionReport, collectStore, type FurtherUses } from './store-collection.ts';
import { measureStore } from './store-inventory.ts';

/** Collection goes a little below the limit, so that not every build that follows has to collect again. */
const TARGET_SHARE = 0.9;

export interface UpkeepRequest {
  readonly root: string;
  readonly limit: LimitSetting;
  /** What this build has put into the store, in bytes. */
  readonly addedBytes: number;
  readonly furtherUses: FurtherUses;
}

export interface UpkeepReport extends CollectionReport {
  readonly limitBytes: number;
}

/**
 * Keeps the store within its limit; for the end of each build. A build that added nothing costs nothing. Else a
 * running estimate says whether to look closer, and only a store that is really over its limit is collected.
 * Gives the report when it was. Fails with `storage-failed`, as `collectStore` does.
 */
export async function keepWithinLimit(request: UpkeepRequest): Promise<Result<UpkeepReport | undefined>> {
  const { root, limit, addedBytes, furtherUses } = request;
  if (addedBytes === 0 || limit === Number.POSITIVE_INFINITY) return ok(undefined);
  await addToEstimate(root, addedBytes);
  const estimate = await readEstimate(root);
  const disk = await diskSpace(root);
  if (estimate !== undefined && estimate.bytes <= limitBytes(limit, disk, estimate.bytes))
    return ok(undefined);
  const measured = await measureStore(root);
  if (!measured.ok) return measured;
  await writeEstimate(root, measured.value);
  const most = limitBytes(limit, disk, measured.value);
  if (measured.value <= most) return ok(undefined);
  const untilBytes = async (): Promise<number> => TARGET_SHARE * most;
  const collected = await collectStore({ root, untilBytes, furtherUses, mode: 'remove' });
  return collected.ok ? ok({ ...collected.value, limitBytes: most }) : collected;
}
