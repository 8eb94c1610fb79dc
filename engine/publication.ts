import { statSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Artifact, artifactBytes, artifactDigest, artifactFiles } from '../cache/artifact.ts';
import type { MaterialiseMode } from '../cache/blob-store.ts';
import { storageFailure } from '../cache/storage-failure.ts';
import type { ActionGraph } from './action-graph.ts';
import type { BuildSession } from './build-session.ts';
import type { Emit } from './event.ts';
import type { Failure } from './failure.ts';
import { listFiles } from './input-listing.ts';
import type { Value } from './kind.ts';
import { fail, ok, type Result } from './result.ts';
import { removeUnfinished, UnfinishedFolder } from './unfinished-folder.ts';

/**
 * Puts the artifacts that were asked for under `out/` beside the pipeline file, and tells of each: as files of the
 * user's own, or as read-only links to the store's, which take no room.
 */
export async function publishArtifacts(
  graph: ActionGraph,
  session: BuildSession,
  emit: Emit,
  mode: MaterialiseMode,
): Promise<Result<void, Failure>> {
  const folder = join(session.options.folder, 'out');
  await removeUnfinished(folder);
  const publication = { folder, session, mode, unfinished: new UnfinishedFolder(folder) };
  try {
    return await publishInto(publication, graph, emit);
  } finally {
    await publication.unfinished.remove();
  }
}

/** Where artifacts go, where they come from, and how. */
interface Publication {
  readonly folder: string;
  readonly session: BuildSession;
  readonly mode: MaterialiseMode;
  readonly unfinished: UnfinishedFolder;
}

async function publishInto(
  publication: Publication,
  graph: ActionGraph,
  emit: Emit,
): Promise<Result<void, Failure>> {
  const { folder, session } = publication;
  for (const id of graph.requested) {
    graph.aside?.get(id)?.artifacts.forEach(emit);
    const action = graph.actions.get(id);
    for (const output of action?.spec.outputs ?? []) {
      const artifact = session.artifact(id, output.path);
      if (action === undefined || artifact === undefined || output.publish === undefined) continue;
      if (session.settledAction(id)?.seen.published === undefined) {
        const placed = await placeArtifact(artifact, join(folder, output.publish), publication);
        if (!placed.ok) return placed;
      }
      const path = `out/${output.publish}`;
      emit({
        type: 'artifact',
        task: action.task,
        id,
        role: output.role,
        path,
        bytes: artifactBytes(artifact),
        digest: artifactDigest(artifact).hash,
      });
      if (output.reported !== true) continue;
      const text = await readFile(join(folder, output.publish), 'utf8');
      emit({ type: 'result', task: action.task, id, path, result: JSON.parse(text) as Value });
    }
  }
  return ok(undefined);
}

/** Leaves what is right already alone; replaces anything else in one step, so that no reader sees a half. */
async function placeArtifact(
  artifact: Artifact,
  at: string,
  { session, mode, unfinished }: Publication,
): Promise<Result<void, Failure>> {
  try {
    if (await isInPlace(artifact, at, session, mode)) return ok(undefined);
    await mkdir(dirname(at), { recursive: true });
    const temporary = unfinished.newPath();
    const copied = await session.blobs.materialise(artifact, temporary, mode);
    if (!copied.ok) return copied;
    // A folder cannot be renamed over one that has files in it.
    if (artifact.type === 'directory') await rm(at, { recursive: true, force: true });
    await rename(temporary, at);
    // The copy is not flushed. After a power cut it may be cut short, and then its size is not the one that the memo
    // learns here: file systems record a size once the bytes below it are written. Its inode and change time, which
    // the memo compares as well, are recorded with the size, so an older state of the file does not pass either.
    for (const file of artifactFiles(artifact)) session.memo.learn(join(at, file.path), file.digest);
    return ok(undefined);
  } catch (error) {
    return fail(storageFailure(at, error));
  }
}

async function isInPlace(
  artifact: Artifact,
  at: string,
  { blobs, memo }: BuildSession,
  mode: MaterialiseMode,
): Promise<boolean> {
  const files = artifactFiles(artifact);
  for (const file of files) {
    const path = join(at, file.path);
    if (mode === 'link' && blobs.isLinkedAt(file, path)) {
      // Each further link of the blob moves the change time by which the memo knows this one.
      if (memo.stampOf(path) === undefined) memo.learn(path, file.digest);
      continue;
    }
    const found = await memo.digestOf(path);
    if (!found.ok || found.value.hash !== file.digest.hash) return false;
    // The other way of publishing it: a link where the user wants a file, or a file where a link was wanted.
    if (isWritable(path) !== (mode === 'copy')) return false;
  }
  if (artifact.type === 'file') return true;
  // What an earlier build left in the folder, and this one no longer writes, is not to stay.
  return (await listFiles(at)).files.length === files.length;
}

const isWritable = (path: string): boolean => (statSync(path).mode & 0o200) !== 0;
