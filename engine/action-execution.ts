import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionResult } from '../cache/action-cache.ts';
import type { Artifact } from '../cache/artifact.ts';
import type { BlobStore } from '../cache/blob-store.ts';
import type { StatMemo } from '../cache/stat-memo.ts';
import { storageFailure } from '../cache/storage-failure.ts';
import type { Action } from './action-graph.ts';
import { FIXED_ENVIRONMENT } from './action-manifest.ts';
import type { Failure } from './failure.ts';
import type { StagedFile } from './input-resolution.ts';
import { type ProcessEnd, runProcess } from './process-run.ts';
import { fail, ok, type Result } from './result.ts';
import { localText, type ToolSet } from './tool-versions.ts';
import { Workspace } from './workspace.ts';

export interface ExecutionContext {
  readonly cacheRoot: string;
  readonly blobs: BlobStore;
  readonly memo: StatMemo;
  readonly tools: ToolSet;
  readonly signal: AbortSignal;
}

/** How much of the end of a failed command's output its failure carries. */
const OUTPUT_TAIL_LINES = 30;

let nextSerial = 0;

/** Runs one action in a folder of its own and takes its outputs into the store. */
export async function executeAction(
  action: Action,
  files: readonly StagedFile[],
  onLine: (line: string) => void,
  context: ExecutionContext,
): Promise<Result<ActionResult, Failure>> {
  const roots = await context.tools.prepare(action.spec.tools);
  if (!roots.ok) return roots;
  let workspace: Workspace | undefined;
  try {
    workspace = await Workspace.create(context.cacheRoot, nextSerial++);
    return await runIn(workspace, action, files, roots.value, onLine, context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return fail(storageFailure(workspace?.root ?? context.cacheRoot, error));
  } finally {
    await workspace?.remove();
  }
}

async function runIn(
  workspace: Workspace,
  action: Action,
  files: readonly StagedFile[],
  roots: ReadonlyMap<string, string>,
  onLine: (line: string) => void,
  context: ExecutionContext,
): Promise<Result<ActionResult, Failure>> {
  const { spec } = action;
  const staged = await workspace.stage(files, spec.outputs, context.blobs);
  if (!staged.ok) return staged;
  const environment: Record<string, string> = {
    ...FIXED_ENVIRONMENT,
    HOME: workspace.home,
    TMPDIR: workspace.home,
  };
  for (const [name, value] of Object.entries(spec.environment)) environment[name] = localText(value, roots);

  // Kept apart from the log, which cannot be written when the disk is full.
  const said: string[] = [];
  const start = performance.now();
  const end = await runProcess({
    command: spec.command.map((argument) => localText(argument, roots)),
    folder: workspace.root,
    environment,
    log: workspace.log,
    timeLimitSeconds: spec.timeLimitSeconds,
    signal: context.signal,
    onLine: (line) => {
      if (said.push(line) > OUTPUT_TAIL_LINES) said.shift();
      onLine(line);
    },
  });
  const seconds = (performance.now() - start) / 1000;
  if (end.end !== 'exit' || end.code !== 0) {
    return fail((await fullDisk(action, workspace.root, said)) ?? endFailure(action, end, said));
  }

  const changed = await changedInput(files, context.memo);
  if (changed !== undefined) return fail(changed);
  const outputs: Record<string, Artifact> = {};
  for (const output of spec.outputs) {
    const at = join(workspace.root, output.path);
    const status = await stat(at).catch(() => undefined);
    const right = output.type === 'file' ? status?.isFile() : status?.isDirectory();
    if (right !== true) return fail(missingOutput(action, output.path, output.type, said));
    const adopted =
      output.type === 'file' ? await context.blobs.adoptFile(at) : await context.blobs.adoptDirectory(at);
    if (!adopted.ok) return adopted;
    outputs[output.path] = adopted.value;
  }
  const stored = await context.blobs.putBytes(await readFile(workspace.log));
  if (!stored.ok) return stored;
  return ok({ outputs, seconds, log: stored.value });
}

/** An input of the user's that was edited while the command ran: its result belongs to neither content. */
async function changedInput(files: readonly StagedFile[], memo: StatMemo): Promise<Failure | undefined> {
  for (const file of files) {
    if (file.bytes.in !== 'file') continue;
    const now = await memo.digestOf(file.bytes.path);
    if (now.ok && now.value.hash === file.digest.hash) continue;
    return {
      kind: 'input-changed',
      path: file.bytes.path,
      message: `${file.origin} changed while the action that reads it was running`,
      hint: 'run the same command again',
    };
  }
  return undefined;
}

function endFailure(action: Action, end: ProcessEnd, said: readonly string[]): Failure {
  if (end.end === 'aborted') {
    return { kind: 'interrupted', signal: 'SIGINT', message: `${action.id} was ended before it finished` };
  }
  if (end.end === 'not-started') {
    return {
      kind: 'environment-missing',
      tool: String(action.spec.command[0]),
      message: `${action.id}: its program could not be started (${end.code})`,
      hint: 'rwkv-build doctor',
    };
  }
  const how = {
    exit: () => `exit code ${end.end === 'exit' ? end.code : ''}`,
    signal: () => signalWords(end.end === 'signal' ? end.signal : ''),
    'time-limit': () => `not done after its time limit of ${action.spec.timeLimitSeconds} s`,
  }[end.end]();
  return {
    kind: 'action-failed',
    action: action.id,
    exitCode: end.end === 'exit' ? end.code : null,
    signal: end.end === 'signal' ? end.signal : null,
    output: said.join('\n'),
    message: `${action.id} failed: ${how}`,
    location: action.location,
  };
}

function signalWords(signal: string): string {
  const likely = signal === 'SIGKILL' ? ' (often: the machine ran out of memory; try --jobs 1)' : '';
  return `ended by ${signal}${likely}`;
}

function missingOutput(
  action: Action,
  path: string,
  type: 'file' | 'directory',
  said: readonly string[],
): Failure {
  const what = type === 'file' ? 'file' : 'folder';
  const end = said.length === 0 ? '' : `; the last that it said:\n${said.slice(-5).join('\n')}`;
  return {
    kind: 'output-missing',
    action: action.id,
    path,
    message: `${action.id} succeeded, but did not write its output ${what} \`${path}\`${end}`,
    hint: 'write that path in the command, or correct it in `outputs:`',
    location: action.location,
  };
}

/** With less room than this a command that failed most likely failed for the lack of it. */
const FULL_DISK_BYTES = 256 * 1024;

/** The failure of a command on a disk that has filled up: the cause, where the command only saw a symptom. */
async function fullDisk(
  action: Action,
  folder: string,
  said: readonly string[],
): Promise<Failure | undefined> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize > FULL_DISK_BYTES && !said.some((line) => line.includes('No space left on device'))) {
    return undefined;
  }
  const cause = storageFailure(folder, Object.assign(new Error(), { code: 'ENOSPC' }));
  return { ...cause, message: `${action.id} failed: ${cause.message}` };
}
