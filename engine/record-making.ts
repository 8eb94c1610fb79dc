import { randomUUID } from 'node:crypto';
import type { ActionGraph } from './action-graph.ts';
import { inputWitnesses, publishedWitnesses } from './action-witnesses.ts';
import {
  type BuildRequest,
  RECORD_FORMAT,
  type RecordCheck,
  requestText,
  type Witness,
} from './build-record.ts';
import type { BuildSession } from './build-session.ts';
import { type ArtifactPublished, SHOWN_ARTIFACTS } from './event.ts';
import type { BuildHead, RecordedAction, RecordedCall } from './recorded-actions.ts';
import { addSizes, type BlobSizes, shardsOf, storeWitnesses } from './store-witnesses.ts';

export interface FinishedBuild {
  readonly request: BuildRequest;
  /** The pipeline file as the user named it, and the targets. */
  readonly file: string;
  readonly targets: readonly string[];
  /** The values of the parameters that each task uses, for explanations. */
  readonly parametersOf: (task: string) => ReadonlyMap<string, string>;
  /** The pipeline file as it was before it was read. */
  readonly pipeline: Witness;
  readonly graph: ActionGraph;
  readonly artifacts: readonly ArtifactPublished[];
  readonly call: RecordedCall;
}

export interface MadeRecord {
  readonly check: RecordCheck;
  readonly head: BuildHead;
  readonly actions: readonly RecordedAction[];
}

/** The record of a build in which every action got its result. */
export function makeRecord(finished: FinishedBuild, session: BuildSession): MadeRecord {
  const { request, file, targets, pipeline, graph, artifacts } = finished;
  const inputs = new WitnessList();
  inputs.add(pipeline);
  const absent = new WitnessList();
  const published = new WitnessList();
  const sizes: BlobSizes = new Map();
  const actions: RecordedAction[] = [];
  const places = new Map<string, number>();
  for (const action of graph.actions.values()) {
    const settled = session.settledAction(action.id);
    if (settled === undefined) throw new Error(`${action.id} has no result to record`);
    const { fingerprint, result, seen } = settled;
    const { id, task } = action;
    addSizes(Object.values(result.outputs), sizes);
    places.set(id, places.size);
    actions.push({
      outline: {
        id,
        task,
        fingerprint,
        dependencies: action.dependencies.flatMap((before) => places.get(before) ?? []),
        inputs: inputs.addAll(inputWitnesses(settled, session)),
        absent: absent.addAll(seen.absent.map((path) => [path, null])),
        published: graph.requested.has(id)
          ? published.addAll(publishedWitnesses(action, settled, session))
          : [],
        shards: shardsOf(result),
      },
      content: { action, result },
    });
  }
  const id = randomUUID();
  const check: RecordCheck = {
    format: RECORD_FORMAT,
    id,
    request: requestText(request),
    file,
    targets,
    pipelineFile: session.options.pipelineFile,
    folder: session.options.folder,
    inputs: inputs.witnesses,
    absent: absent.witnesses.map(([path]) => path),
    ...storeWitnesses(session.options.cacheRoot, sizes),
    published: published.witnesses,
    actions: actions.length,
    artifacts: artifacts.slice(0, SHOWN_ARTIFACTS),
    moreArtifacts: Math.max(0, artifacts.length - SHOWN_ARTIFACTS),
  };
  const tasks = new Set(actions.map(({ outline }) => outline.task));
  const parameters = Object.fromEntries([...tasks].map((task) => [task, [...finished.parametersOf(task)]]));
  const requested = [...graph.requested];
  const { execution } = session.options;
  return {
    check,
    head: {
      format: RECORD_FORMAT,
      id,
      actions: actions.length,
      requested,
      artifacts,
      execution,
      call: finished.call,
      parameters,
    },
    actions,
  };
}

/** Witnesses by their place in a list, each path once. */
class WitnessList {
  readonly witnesses: Witness[] = [];
  private readonly places = new Map<string, number>();

  add(witness: Witness): number {
    const [path] = witness;
    const known = this.places.get(path);
    if (known !== undefined) return known;
    this.places.set(path, this.witnesses.length);
    this.witnesses.push(witness);
    return this.witnesses.length - 1;
  }

  addAll(witnesses: readonly Witness[]): readonly number[] {
    return witnesses.map((witness) => this.add(witness));
  }
}
