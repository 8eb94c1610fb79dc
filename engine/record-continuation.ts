import type { Action, ActionGraph, AsideAction } from './action-graph.ts';
import type { BuildSession } from './build-session.ts';
import type { ArtifactPublished } from './event.ts';
import type { RecordLook } from './record-check.ts';
import { standingActions, usedActions } from './record-reuse.ts';
import type { RecordedActions } from './recorded-actions.ts';

/** A build that goes on from a record: what of it has to be looked at, and what stands aside. */
export class RecordContinuation {
  readonly look: RecordLook;
  readonly recorded: RecordedActions;
  /** The places of the actions that are built, or used by those. */
  readonly active: ReadonlySet<number>;
  private readonly standing: ReadonlySet<number>;

  constructor(cacheRoot: string, look: RecordLook, recorded: RecordedActions) {
    this.look = look;
    this.recorded = recorded;
    this.standing = standingActions(cacheRoot, look, recorded);
    const active = new Set(usedActions(look, recorded, this.standing));
    for (const at of recorded.outlines.keys()) if (!this.standing.has(at)) active.add(at);
    this.active = active;
  }

  /** The graph of what is active; the rest stands aside. Undefined when the record is damaged. */
  graph(): ActionGraph | undefined {
    const { outlines, head } = this.recorded;
    const actions = this.actionsAt([...this.active].sort((a, b) => a - b));
    if (actions === undefined) return undefined;
    const artifacts = artifactsOf(head.artifacts);
    const aside = new Map<string, AsideAction>();
    for (const [at, { id, task, fingerprint }] of outlines.entries()) {
      if (!this.active.has(at)) aside.set(id, { task, fingerprint, artifacts: artifacts.get(id) ?? [] });
    }
    return { actions, requested: new Set(head.requested), aside };
  }

  /** The graph of every action, all of which have results then. Undefined when the record is damaged. */
  wholeGraph(session: BuildSession): ActionGraph | undefined {
    const { outlines, head } = this.recorded;
    const actions = this.actionsAt([...outlines.keys()]);
    if (actions === undefined) return undefined;
    for (const at of outlines.keys()) if (!this.active.has(at)) this.restore(at, session);
    return { actions, requested: new Set(head.requested) };
  }

  /** Makes the standing results that are used known to a session, which then takes them as settled. */
  restoreUsed(session: BuildSession): void {
    for (const at of this.active) if (this.standing.has(at)) this.restore(at, session);
  }

  private actionsAt(places: readonly number[]): ReadonlyMap<string, Action> | undefined {
    const actions = new Map<string, Action>();
    for (const at of places) {
      const content = this.recorded.content(at);
      if (content === undefined) return undefined;
      actions.set(content.action.id, content.action);
    }
    return actions;
  }

  private restore(at: number, session: BuildSession): void {
    const { record, published: moved } = this.look;
    const outline = this.recorded.outlines[at];
    const content = this.recorded.content(at);
    if (outline === undefined || content === undefined) return;
    const { id, fingerprint, inputs, absent, published } = outline;
    const seen = {
      ...(published.some((place) => moved.has(place))
        ? {}
        : { published: picked(record.check.published, published) }),
      files: [],
      witnesses: picked(record.check.inputs, inputs),
      absent: picked(record.check.absent, absent),
    };
    session.restore(id, { fingerprint, result: content.result, seen });
  }
}

function artifactsOf(artifacts: readonly ArtifactPublished[]): Map<string, ArtifactPublished[]> {
  const byAction = new Map<string, ArtifactPublished[]>();
  for (const artifact of artifacts) {
    const known = byAction.get(artifact.id);
    if (known === undefined) byAction.set(artifact.id, [artifact]);
    else known.push(artifact);
  }
  return byAction;
}

function picked<T>(list: readonly T[], places: readonly number[]): readonly T[] {
  return places.map((at) => {
    const found = list[at];
    if (found === undefined) throw new Error(`a record names a place ${at} that its list does not have`);
    return found;
  });
}
