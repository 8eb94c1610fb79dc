import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Artifact, artifactFiles } from '../cache/artifact.ts';
import { blobPath, POOLS } from '../cache/blob-layout.ts';
import { type FileStamp, settledStamp, stampOf } from '../cache/file-stamp.ts';
import { isSealed } from '../cache/seal-status.ts';
import type { Action, ActionGraph } from './action-graph.ts';
import {
  type BlobWitness,
  type BuildRequest,
  RECORD_FORMAT,
  type RecordCheck,
  type RecordedAction,
  type RecordedBuild,
  requestText,
  type Witness,
} from './build-record.ts';
import type { BuildSession } from './build-session.ts';
import { type ArtifactPublished, SHOWN_ARTIFACTS } from './event.ts';

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
}

/** The record of a build in which every action got its result. */
export function makeRecord(
  finished: FinishedBuild,
  session: BuildSession,
): { readonly check: RecordCheck; readonly build: RecordedBuild } {
  const { request, file, targets, pipeline, graph, artifacts } = finished;
  const inputs = new WitnessList();
  inputs.add(pipeline[0], () => pipeline[1]);
  const absent = new WitnessList();
  const published = new WitnessList();
  const sizes = new Map<string, number>();
  const actions: RecordedAction[] = [];
  for (const action of graph.actions.values()) {
    const settled = session.settledAction(action.id);
    if (settled === undefined) throw new Error(`${action.id} has no result to record`);
    const { fingerprint, result, seen } = settled;
    for (const artifact of Object.values(result.outputs)) addSizes(artifact, sizes);
    actions.push({
      action,
      fingerprint,
      result,
      inputs: [
        ...seen.files.map((path) => inputs.add(path, () => session.memo.stampOf(path) ?? null)),
        ...seen.witnesses.map(([path, stamp]) => inputs.add(path, () => stamp)),
      ],
      absent: seen.absent.map((path) => absent.add(path, () => null)),
      published: graph.requested.has(action.id)
        ? (seen.published ?? publishedWitnesses(action, session)).map(([path, stamp]) =>
            published.add(path, () => stamp),
          )
        : [],
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
  const tasks = new Set(actions.map(({ action }) => action.task));
  const parameters = Object.fromEntries([...tasks].map((task) => [task, [...finished.parametersOf(task)]]));
  const requested = [...graph.requested];
  const { execution } = session.options;
  return {
    check,
    build: { format: RECORD_FORMAT, id, actions, requested, artifacts, execution, parameters },
  };
}

/** Witnesses by their place in a list, each path once. */
class WitnessList {
  readonly witnesses: Witness[] = [];
  private readonly places = new Map<string, number>();

  add(path: string, stamp: () => FileStamp | null): number {
    const known = this.places.get(path);
    if (known !== undefined) return known;
    this.places.set(path, this.witnesses.length);
    this.witnesses.push([path, stamp()]);
    return this.witnesses.length - 1;
  }
}

/** The size of each blob, by its hash. */
function addSizes(artifact: Artifact, sizes: Map<string, number>): void {
  for (const { digest } of artifactFiles(artifact)) sizes.set(digest.hash, digest.size);
}

/** The folders of blobs; where one was written to just now, so that its times say little, its blobs themselves. */
function storeWitnesses(
  cacheRoot: string,
  sizes: ReadonlyMap<string, number>,
): Pick<RecordCheck, 'shards' | 'blobs'> {
  const prefixes = new Set([...sizes.keys()].map((hash) => hash.slice(0, 2)));
  const shards: Witness[] = [];
  const changing = new Set<string>();
  for (const prefix of prefixes) {
    for (const mode of POOLS) {
      const shard = dirname(blobPath(cacheRoot, prefix, mode));
      const stamp = settledStamp(shard);
      if (stamp !== undefined) shards.push([shard, stamp]);
      else if (stampOf(shard) !== undefined) changing.add(shard);
    }
  }
  const blobs: BlobWitness[] = [];
  if (changing.size === 0) return { shards, blobs };
  for (const [hash, size] of sizes) {
    const paths = POOLS.map((mode) => blobPath(cacheRoot, hash, mode));
    if (!paths.some((path) => changing.has(dirname(path)))) continue;
    // One that is gone already is noted as well: the next build must not believe that it is there.
    blobs.push([paths.find((path) => isSealed(path, size)) ?? join(cacheRoot, hash), size]);
  }
  return { shards, blobs };
}

/** Files as they were put there or hashed since; of a folder its listings too, for a file that doesn't belong. */
function publishedWitnesses(action: Action, session: BuildSession): Witness[] {
  const witnesses: Witness[] = [];
  for (const output of action.spec.outputs) {
    const artifact = session.artifact(action.id, output.path);
    if (output.publish === undefined || artifact === undefined) continue;
    const at = join(session.options.folder, 'out', output.publish);
    for (const file of artifactFiles(artifact)) {
      const path = join(at, file.path);
      witnesses.push([path, session.memo.stampOf(path) ?? null]);
    }
    if (artifact.type === 'directory') witnesses.push(...folderWitnesses(at));
  }
  return witnesses;
}

function folderWitnesses(folder: string): Witness[] {
  const inner = readdirSync(folder, { recursive: true, withFileTypes: true });
  const folders = inner.filter((entry) => entry.isDirectory());
  return [folder, ...folders.map((entry) => join(entry.parentPath, entry.name))].map((path) => [
    path,
    stampOf(path) ?? null,
  ]);
}
