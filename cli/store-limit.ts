import { limitSetting } from '../cache/cache-limit.ts';
import type { Emit } from '../engine/event.ts';
import { fileSize } from './reporters/figures.ts';

/** Keeps the store within its limit. That it could not is told, and fails no build. */
export async function limitStore(root: string, addedBytes: number, emit: Emit): Promise<void> {
  if (addedBytes === 0) return;
  const tell = (text: string): void => emit({ type: 'notice', text });
  const { keepWithinLimit } = await import('../cache/store-upkeep.ts');
  const { recordedUses } = await import('../engine/record-uses.ts');
  const limit = limitSetting(process.env);
  if (!limit.ok) return tell(`${limit.failure.message}; the store was not collected`);
  const kept = await keepWithinLimit({
    root,
    limit: limit.value,
    addedBytes,
    furtherUses: () => recordedUses(root),
  });
  if (!kept.ok) return tell(`the store was not collected: ${kept.failure.message}`);
  if (kept.value === undefined) return;
  const { results, freedBytes, keptBytes, limitBytes } = kept.value;
  if (freedBytes > 0) {
    tell(`the store was over its limit: ${results} results removed, ${fileSize(freedBytes)} freed`);
  }
  if (keptBytes > limitBytes) {
    tell(
      `the store holds ${fileSize(keptBytes)}, more than its limit of ${fileSize(limitBytes)}: all of it is in use`,
    );
  }
}
