import { artifactFiles } from '../cache/artifact.ts';
import { blobPath, POOLS } from '../cache/blob-layout.ts';
import type { Digest } from '../cache/digest.ts';
import { isSealed } from '../cache/seal-status.ts';
import type { ActionGraph } from './action-graph.ts';
import type { RecordedAction, RecordedBuild } from './build-record.ts';
import type { BuildSession } from './build-session.ts';
import type { RecordLook } from './record-check.ts';

/**
 * The actions of a record whose results still stand: every input looks as it did, every output is still in the
 * store, and the same is true of all the actions before them. The others have to be identified anew; they may
 * well turn out to be hits.
 */
export function standingActions(
  cacheRoot: string,
  look: RecordLook,
  build: RecordedBuild,
): ReadonlyMap<string, RecordedAction> {
  // Each is looked at: one that was cut short leaves its folder as it is, and may be needed now.
  const isThere = ({ hash, size }: Digest): boolean =>
    POOLS.some((mode) => isSealed(blobPath(cacheRoot, hash, mode), size));

  const standing = new Map<string, RecordedAction>();
  for (const recorded of build.actions) {
    const { action, inputs, absent, result } = recorded;
    const stands =
      action.dependencies.every((id) => standing.has(id)) &&
      !inputs.some((at) => look.inputs.has(at)) &&
      !absent.some((at) => look.appeared.has(at)) &&
      Object.values(result.outputs).every((artifact) =>
        artifactFiles(artifact).every(({ digest }) => isThere(digest)),
      );
    if (stands) standing.set(action.id, recorded);
  }
  return standing;
}

/** The graph of a record. */
export function recordedGraph(build: RecordedBuild): ActionGraph {
  const actions = build.actions.map(({ action }) => [action.id, action] as const);
  return { actions: new Map(actions), requested: new Set(build.requested) };
}

/** Makes the standing results known to a session, which then takes them as settled. */
export function restoreStanding(
  session: BuildSession,
  { check, published: moved }: RecordLook,
  standing: ReadonlyMap<string, RecordedAction>,
): void {
  for (const [id, { fingerprint, result, inputs, absent, published }] of standing) {
    const seen = {
      ...(published.some((at) => moved.has(at)) ? {} : { published: picked(check.published, published) }),
      files: [],
      witnesses: picked(check.inputs, inputs),
      absent: picked(check.absent, absent),
    };
    session.restore(id, { fingerprint, result, seen });
  }
}

function picked<T>(list: readonly T[], places: readonly number[]): readonly T[] {
  return places.map((at) => {
    const found = list[at];
    if (found === undefined) throw new Error(`a record names a place ${at} that its list does not have`);
    return found;
  });
}
