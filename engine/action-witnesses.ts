import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFiles } from '../cache/artifact.ts';
import { stampOf } from '../cache/file-stamp.ts';
import type { Action } from './action-graph.ts';
import type { Witness } from './build-record.ts';
import type { BuildSession, SettledAction } from './build-session.ts';

/** What was looked at on the disk to find out which result an action has. */
export function inputWitnesses({ seen }: SettledAction, { memo }: BuildSession): readonly Witness[] {
  return [...seen.files.map((path): Witness => [path, memo.stampOf(path) ?? null]), ...seen.witnesses];
}

/**
 * What an action has under `out/`: files as they were put there or hashed since; of a folder its listings too, for
 * a file that doesn't belong.
 */
export function publishedWitnesses(
  action: Action,
  { seen }: SettledAction,
  session: BuildSession,
): readonly Witness[] {
  if (seen.published !== undefined) return seen.published;
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
