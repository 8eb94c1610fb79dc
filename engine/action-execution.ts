import { lstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionResult } from '../cache/action-cache.ts';
import type { Artifact } from '../cache/artifact.ts';
import type { BlobStore } from '../cache/blob-store.ts';
import type { StatMemo } from '../cache/stat-memo.ts';
import { errorCode, storageFailure } from '../cache/storage-failure.ts';
import type { Action } from './action-graph.ts';
import { FIXED_ENVIRONMENT } from './action-manifest.ts';
import {
  commandFailure,
  endWords,
  fullDisk,
  inputWritten,
  outputMissing,
  outputUndeclared,
} from './command-failure.ts';
import { CommandLog } from './command-log.ts';
import type { Emit } from './event.ts';
import type { ExecutionPolicy } from './execution-policy.ts';
import type { Failure } from './failure.ts';
import { explainedFailure, type FailureExplainer } from './failure-explanation.ts';
import { changedInputs, undeclaredOutputs } from './folder-inspection.ts';
import type { StagedFile } from './input-resolution.ts';
import { namedPlace } from './named-place.ts';
import type { PhaseClock } from './phase-clock.ts';
import { type FinishedProcess, type ProcessEnd, runProcess } from './process-run.ts';
import { fail, ok, type Result } from './result.ts';
import { findBubblewrap, sandboxFailure, strictCommand, withNetworkHint } from './sandbox.ts';
import { stagedLinks } from './staged-links.ts';
import { localText, type ToolSet } from './tool-versions.ts';
import { undeclaredAccess } from './undeclared-access.ts';
import { Workspace } from './workspace.ts';

export interface ExecutionContext {
  readonly cacheRoot: string;
  /** The folder of the pipeline file. */
  readonly folder: string;
  readonly blobs: BlobStore;
  readonly memo: StatMemo;
  readonly tools: ToolSet;
  readonly policy: ExecutionPolicy;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly clock: PhaseClock;
  readonly explain: FailureExplainer;
}

/** How much of the end of a failed command's output its failure carries. */
const OUTPUT_TAIL_LINES = 30;

/** How much of it is searched for what was not there. */
const SEARCHED_BYTES = 256 * 1024;

/** Between attempts at what is reached over a wire, which may need time to come back; doubled each time. */
const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 30;

let nextSerial = 0;

/** Runs one action, again if it is to be retried, and takes its outputs into the store. */
export async function executeAction(
  action: Action,
  files: readonly StagedFile[],
  onLine: (line: string) => void,
  context: ExecutionContext,
): Promise<Result<ActionResult, Failure>> {
  const retries = context.policy.retries ?? action.spec.retries ?? 0;
  for (let attempt = 0; ; attempt += 1) {
    const result = await attemptAction(action, files, onLine, context);
    // The other failures would be the same again.
    if (result.ok || result.failure.kind !== 'action-failed' || attempt >= retries) return result;
    const wait =
      action.spec.reach === undefined ? 0 : Math.min(FIRST_WAIT_SECONDS * 2 ** attempt, LONGEST_WAIT_SECONDS);
    const when = wait === 0 ? '' : ` in ${wait} s`;
    const text = `${result.failure.message}; trying again${when}, ${attempt + 1} of ${retries}`;
    context.emit({ type: 'notice', text });
    await sleep(wait * 1000, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) return result;
  }
}

/** Runs one action in a folder of its own. */
async function attemptAction(
  action: Action,
  files: readonly StagedFile[],
  onLine: (line: string) => void,
  context: ExecutionContext,
): Promise<Result<ActionResult, Failure>> {
  const roots = await context.tools.prepare(action.spec.tools, context.signal);
  if (!roots.ok) return roots;
  let workspace: Workspace | undefined;
  try {
    workspace = Workspace.create(context.cacheRoot, nextSerial++);
    return await new Execution(action, files, workspace, context).run(roots.value, onLine);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return fail(storageFailure(workspace?.root ?? context.cacheRoot, error));
  } finally {
    await workspace?.remove();
  }
}

/** One action's command in its folder, once. */
class Execution {
  private readonly action: Action;
  private readonly files: readonly StagedFile[];
  private readonly workspace: Workspace;
  private readonly context: ExecutionContext;
  private readonly log: CommandLog;

  constructor(action: Action, files: readonly StagedFile[], workspace: Workspace, context: ExecutionContext) {
    this.action = action;
    this.files = files;
    this.workspace = workspace;
    this.context = context;
    this.log = new CommandLog(workspace.log);
  }

  async run(
    roots: ReadonlyMap<string, string>,
    onLine: (line: string) => void,
  ): Promise<Result<ActionResult, Failure>> {
    const { id, spec } = this.action;
    const { blobs, clock } = this.context;
    const staged = await clock.time(id, 'stage', () => this.workspace.stage(this.files, spec.outputs, blobs));
    if (!staged.ok) return staged;
    const command = await this.command(roots);
    if (!command.ok) return command;
    try {
      const start = performance.now();
      const finished = await clock.time(id, 'run', () => this.process(command.value, roots, onLine));
      const seconds = (performance.now() - start) / 1000;
      const written = await this.writtenInput();
      if (finished.end.end !== 'exit' || finished.end.code !== 0) return fail(await this.failure(finished));
      if (written !== undefined) return fail(written);
      const collected = await clock.time(id, 'store', () => this.collect(seconds));
      const { peakMemoryBytes } = finished;
      if (!collected.ok || peakMemoryBytes === undefined) return collected;
      return ok({ ...collected.value, peakMemoryBytes });
    } finally {
      this.log.close();
    }
  }

  private get isStrict(): boolean {
    return this.context.policy.sandbox === 'strict' && this.action.spec.reach !== 'device';
  }

  /** The command as it is started on this machine. */
  private async command(roots: ReadonlyMap<string, string>): Promise<Result<readonly string[], Failure>> {
    const command = this.action.spec.command.map((argument) => localText(argument, roots));
    if (!this.isStrict) return ok(command);
    const bubblewrap = await findBubblewrap();
    if (!bubblewrap.ok) return bubblewrap;
    const { tools, folder, cacheRoot } = this.context;
    const { root, home } = this.workspace;
    const { reads, writes } = await tools.surroundings(roots);
    const linked = this.files.flatMap(({ bytes, path }) =>
      bytes.in === 'file' && lstatSync(join(root, path)).isSymbolicLink() ? [bytes.path] : [],
    );
    const { reach } = this.action.spec;
    const view = { root, home, hidden: [folder, cacheRoot], reads: [...reads, ...linked], writes, reach };
    return ok(strictCommand(bubblewrap.value, command, view));
  }

  private get timeLimitSeconds(): number | undefined {
    return this.context.policy.timeLimitSeconds ?? this.action.spec.timeLimitSeconds;
  }

  private async process(
    command: readonly string[],
    roots: ReadonlyMap<string, string>,
    onLine: (line: string) => void,
  ): Promise<FinishedProcess> {
    const { spec } = this.action;
    const { root, home } = this.workspace;
    const environment: Record<string, string> = { ...FIXED_ENVIRONMENT, HOME: home, TMPDIR: home };
    for (const [name, value] of Object.entries(spec.environment)) environment[name] = localText(value, roots);
    return runProcess({
      command,
      folder: root,
      environment,
      // The server of a device is started by whoever comes first, and stays for the next.
      mark: spec.reach === 'device' ? undefined : `TMPDIR=${home}`,
      log: this.log,
      timeLimitSeconds: this.timeLimitSeconds,
      signal: this.context.signal,
      onLine,
    });
  }

  private async failure({ end }: FinishedProcess): Promise<Failure> {
    const { action, files } = this;
    const said = this.log.tail(SEARCHED_BYTES);
    const output = lastLines(said, OUTPUT_TAIL_LINES).join('\n');
    const how = endWords(end, this.timeLimitSeconds);
    if (end.end === 'aborted' || end.end === 'not-started') return commandFailure(action, end, how, output);
    const { folder } = this.context;
    const { root } = this.workspace;
    const sandbox = this.isStrict ? 'strict' : 'standard';
    const failure =
      (await fullDisk(action, root, said)) ??
      (sandbox === 'strict' ? sandboxFailure(action.id, said) : undefined) ??
      (await undeclaredAccess({ action, files, folder, root, said, output, how, sandbox })) ??
      (await this.ownFailure(end, how, output, said));
    return sandbox === 'strict' ? withNetworkHint(failure, said) : failure;
  }

  /** The command's own failure, at the part of the pipeline file that it names, else as its kind explains it. */
  private async ownFailure(end: ProcessEnd, how: string, output: string, said: string): Promise<Failure> {
    const { action, context } = this;
    const failure = commandFailure(action, end, how, output);
    const named = await namedPlace(action.location.file, output);
    return named === undefined
      ? explainedFailure(failure, action, how, said, context.explain)
      : { ...failure, ...named };
  }

  /** An input that the command wrote to; where it is a link to the store's, the store puts its blob aside. */
  private async writtenInput(): Promise<Failure | undefined> {
    const changed = changedInputs(this.workspace.root, this.files, this.action.spec.outputs);
    for (const { bytes, digest } of changed) if (bytes.in === 'store') await this.context.blobs.has(digest);
    return changed[0] === undefined ? undefined : inputWritten(this.action, changed[0]);
  }

  private async collect(seconds: number): Promise<Result<ActionResult, Failure>> {
    const { action, files, workspace, context, log } = this;
    const edited = await editedInput(files, context.memo);
    if (edited !== undefined) return fail(edited);
    const undeclared = undeclaredOutputs(workspace.root, files, action.spec.outputs);
    for (const output of action.spec.outputs) {
      const status = await stat(join(workspace.root, output.path)).catch(() => undefined);
      const right = output.type === 'file' ? status?.isFile() : status?.isDirectory();
      if (right === true) continue;
      return fail(outputMissing(action, output, undeclared, lastLines(log.tail(SEARCHED_BYTES), 5)));
    }
    if (undeclared.length > 0) return fail(await outputUndeclared(action, undeclared));
    const outputs: Record<string, Artifact> = {};
    const links = stagedLinks(workspace.root, files);
    for (const output of action.spec.outputs) {
      const at = join(workspace.root, output.path);
      const adopted =
        output.type === 'file'
          ? await context.blobs.adoptFile(at, links)
          : await context.blobs.adoptDirectory(at, links);
      if (!adopted.ok) return adopted;
      outputs[output.path] = adopted.value;
    }
    const kept = await log.keep(context.blobs);
    return kept.ok ? ok({ outputs, seconds, log: kept.value }) : kept;
  }
}

function lastLines(text: string, count: number): readonly string[] {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  return lines.slice(-count);
}

/** An input of the user's that was edited while the command ran: its result belongs to neither content. */
async function editedInput(files: readonly StagedFile[], memo: StatMemo): Promise<Failure | undefined> {
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
