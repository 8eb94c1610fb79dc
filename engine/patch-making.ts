import { inputWitnesses, publishedWitnesses } from './action-witnesses.ts';
import type { RecordCheck, Witness } from './build-record.ts';
import type { BuildSession } from './build-session.ts';
import type { ArtifactPublished } from './event.ts';
import type { RecordLook } from './record-check.ts';
import type { RecordContinuation } from './record-continuation.ts';
import { mergedPatch, type Placed, type RecordPatch } from './record-patch.ts';
import type { RecordedAction, RecordedActions } from './recorded-actions.ts';
import {
  addSizes,
  type BlobSizes,
  shardName,
  shardOfFolder,
  shardsOf,
  storeWitnesses,
} from './store-witnesses.ts';

/** A patch of more actions than this share of them is hardly shorter than a record. */
const MOST_PATCHED = 0.1;

/**
 * What a build that went on from a record found otherwise, when all its actions have results. Undefined when a patch
 * cannot say it, because an action looked at other files than before, or when there is much to say.
 */
export function makePatch(
  { look, recorded, active }: RecordContinuation,
  artifacts: readonly ArtifactPublished[],
  session: BuildSession,
): RecordPatch | undefined {
  const { check, patch } = look.record;
  const changes = new ChangedStamps(check);
  const actions: Placed<RecordedAction>[] = [];
  for (const at of active) {
    const outline = recorded.outlines[at];
    const content = recorded.content(at);
    const settled = session.settledAction(outline?.id ?? '');
    if (outline === undefined || content === undefined || settled === undefined) return undefined;
    const { inputs, absent, published } = outline;
    if (published.length > 0 && settled.seen.published === undefined) {
      const witnesses = publishedWitnesses(content.action, settled, session);
      if (!changes.publish(published, witnesses)) return undefined;
    }
    const { fingerprint, result, seen } = settled;
    if (result === content.result) continue;
    const sawSame = changes.see(inputs, inputWitnesses(settled, session));
    if (!sawSame || !isSameList(seen.absent, absent, check.absent)) return undefined;
    const now = { ...outline, fingerprint, shards: shardsOf(result) };
    actions.push([at, { outline: now, content: { ...content, result } }]);
  }
  const others = changedArtifacts(recorded.head.artifacts, artifacts);
  const store = touchedStore(look, recorded, actions, session.options.cacheRoot);
  if (others === undefined || store === undefined) return undefined;
  const { inputs, published } = changes;
  const whole = mergedPatch(patch, { id: check.id, inputs, published, actions, artifacts: others, ...store });
  return whole.actions.length > recorded.outlines.length * MOST_PATCHED ? undefined : whole;
}

/** The stamps of a record that are others now, by their places. */
class ChangedStamps {
  readonly inputs: Placed<Witness[1]>[] = [];
  readonly published: Placed<Witness[1]>[] = [];
  private readonly check: Pick<RecordCheck, 'inputs' | 'published'>;

  constructor(check: Pick<RecordCheck, 'inputs' | 'published'>) {
    this.check = check;
  }

  /** False when the witnesses are not those that the record has at these places. */
  see(places: readonly number[], witnesses: readonly Witness[]): boolean {
    return note(this.check.inputs, places, witnesses, this.inputs);
  }

  publish(places: readonly number[], witnesses: readonly Witness[]): boolean {
    return note(this.check.published, places, witnesses, this.published);
  }
}

function note(
  list: readonly Witness[],
  places: readonly number[],
  witnesses: readonly Witness[],
  into: Placed<Witness[1]>[],
): boolean {
  if (places.length !== witnesses.length) return false;
  for (const [nth, [path, stamp]] of witnesses.entries()) {
    const place = places[nth] ?? -1;
    if (list[place]?.[0] !== path) return false;
    into.push([place, stamp]);
  }
  return true;
}

function isSameList(paths: readonly string[], places: readonly number[], list: readonly string[]): boolean {
  return paths.length === places.length && paths.every((path, nth) => list[places[nth] ?? -1] === path);
}

function changedArtifacts(
  before: readonly ArtifactPublished[],
  now: readonly ArtifactPublished[],
): readonly Placed<ArtifactPublished>[] | undefined {
  if (before.length !== now.length) return undefined;
  const changed: Placed<ArtifactPublished>[] = [];
  for (const [place, artifact] of now.entries()) {
    const old = before[place];
    if (old?.path !== artifact.path) return undefined;
    if (old.digest !== artifact.digest) changed.push([place, artifact]);
  }
  return changed;
}

/**
 * The folders of the store in which something has come or gone since the record was read, or was doing so then.
 * Undefined when the record is damaged.
 */
function touchedStore(
  { record: { check }, shards }: RecordLook,
  recorded: RecordedActions,
  actions: readonly Placed<RecordedAction>[],
  cacheRoot: string,
): Pick<RecordPatch, 'shards' | 'blobs'> | undefined {
  const touched = new Set<string>();
  check.shards.forEach(([folder, stamp], at) => {
    if (stamp === null || shards.has(at)) touched.add(shardOfFolder(folder));
  });
  const now = new Map(actions);
  for (const { outline } of now.values()) for (const shard of outline.shards) touched.add(shard);
  const sizes: BlobSizes = new Map();
  for (const [at, outline] of recorded.outlines.entries()) {
    const changed = now.get(at);
    if (!(changed?.outline ?? outline).shards.some((shard) => touched.has(shard))) continue;
    const content = changed?.content ?? recorded.content(at);
    if (content === undefined) return undefined;
    addSizes(Object.values(content.result.outputs), sizes);
  }
  const there = [...sizes].filter(([hash]) => touched.has(shardName(hash)));
  return storeWitnesses(cacheRoot, new Map(there));
}
