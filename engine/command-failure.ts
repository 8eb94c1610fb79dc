import { statfs } from 'node:fs/promises';
import { constants } from 'node:os';
import { storageFailure } from '../cache/storage-failure.ts';
import type { Action } from './action-graph.ts';
import { DeclarationAdvice } from './declaration-advice.ts';
import type { Failure } from './failure.ts';
import type { StagedFile } from './input-resolution.ts';
import type { ActionOutput } from './kind.ts';
import type { ProcessEnd } from './process-run.ts';

/** With less room than this a command that failed most likely failed for the lack of it. */
const FULL_DISK_BYTES = 256 * 1024;

/** The failure of a command on a disk that has filled up: the cause, where the command only saw a symptom. */
export async function fullDisk(action: Action, folder: string, output: string): Promise<Failure | undefined> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize > FULL_DISK_BYTES && !output.includes('No space left on device')) return undefined;
  const cause = storageFailure(folder, Object.assign(new Error(), { code: 'ENOSPC' }));
  return { ...cause, message: `${action.id} failed: ${cause.message}` };
}

/** How a command ended that did not succeed, in words. */
export function endWords(end: ProcessEnd, timeLimitSeconds: number | undefined): string {
  switch (end.end) {
    case 'exit':
      return `exit code ${end.code}${shellSignal(end.code)}`;
    case 'signal':
      return `ended by ${end.signal}${end.signal === 'SIGKILL' ? OUT_OF_MEMORY : ''}`;
    case 'time-limit':
      return `not done after its time limit of ${timeLimitSeconds} s`;
    case 'aborted':
      return 'ended before it finished';
    case 'not-started':
      return `its program could not be started (${end.code})`;
  }
}

const OUT_OF_MEMORY = ' (often: the machine ran out of memory; try --jobs 1)';

/** A shell says by an exit code over 128 that a signal ended what it ran. */
function shellSignal(code: number): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  if (name === undefined) return '';
  return name === 'SIGKILL' ? `: something in it was ended by SIGKILL${OUT_OF_MEMORY}` : ` (${name})`;
}

export function commandFailure(action: Action, end: ProcessEnd, how: string, output: string): Failure {
  if (end.end === 'aborted') {
    return { kind: 'interrupted', signal: 'SIGINT', message: `${action.id} was ${how}` };
  }
  if (end.end === 'not-started') {
    return {
      kind: 'environment-missing',
      tool: String(action.spec.command[0]),
      message: `${action.id}: ${how}`,
      hint: 'rwkv-build doctor',
    };
  }
  return {
    kind: 'action-failed',
    action: action.id,
    exitCode: end.end === 'exit' ? end.code : null,
    signal: end.end === 'signal' ? end.signal : null,
    output,
    message: `${action.id} failed: ${how}`,
    location: action.location,
  };
}

/** An input of an action's folder that its command wrote to: what it made may come of either content. */
export function inputWritten(action: Action, file: StagedFile): Failure {
  return {
    kind: 'input-changed',
    path: file.path,
    message: `${action.id} wrote to its own input \`${file.path}\`, or removed it`,
    hint: `inputs are read-only: copy it to $TMPDIR first, or name \`${file.path}\` in \`outputs:\` as well`,
    location: action.location,
  };
}

export function outputMissing(
  action: Action,
  output: ActionOutput,
  undeclared: readonly string[],
  lastLines: readonly string[],
): Failure {
  const what = output.type === 'file' ? 'file' : 'folder';
  const end = lastLines.length === 0 ? '' : `; the last that it said:\n${lastLines.join('\n')}`;
  const instead = undeclared.length === 0 ? '' : ` (it wrote ${listed(undeclared)} instead)`;
  return {
    kind: 'output-missing',
    action: action.id,
    path: output.path,
    message: `${action.id} succeeded, but did not write its output ${what} \`${output.path}\`${instead}${end}`,
    hint: 'write that path in the command, or correct it in `outputs:`',
    location: action.location,
  };
}

export async function outputUndeclared(action: Action, paths: readonly string[]): Promise<Failure> {
  const { hint, location } = (await DeclarationAdvice.read(action)).toDeclare('outputs', paths);
  return {
    kind: 'output-undeclared',
    action: action.id,
    paths,
    message: `${action.id} wrote ${listed(paths)}, which it does not declare`,
    hint: `${hint}; a file that only the command itself needs belongs in $TMPDIR`,
    location,
  };
}

const MOST_LISTED = 10;

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, MOST_LISTED).map((path) => `\`${path}\``);
  const more = paths.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
