import { join } from 'node:path';
import { ActionCache, type ActionResult } from '../cache/action-cache.ts';
import type { Artifact } from '../cache/artifact.ts';
import { BlobStore } from '../cache/blob-store.ts';
import type { Digest } from '../cache/digest.ts';
import { ResultKeeper } from '../cache/result-keeper.ts';
import { StatMemo } from '../cache/stat-memo.ts';
import type { Action } from './action-graph.ts';
import { ActionHistory, type HistoryEntry, type Identity } from './action-history.ts';
import { walkManifest } from './action-manifest.ts';
import type { Witness } from './build-record.ts';
import { explainChanges } from './change-cause.ts';
import { changeLines, changeSummary } from './change-text.ts';
import type { Emit } from './event.ts';
import type { ExecutionPolicy } from './execution-policy.ts';
import { type Change, RecordVisitor } from './explanation.ts';
import type { Failure } from './failure.ts';
import type { FailureExplainer } from './failure-explanation.ts';
import { FingerprintVisitor } from './fingerprint.ts';
import { resolveInputs, type StagedFile } from './input-resolution.ts';
import type { Tool } from './kind.ts';
import { NO_CLOCK, type PhaseClock } from './phase-clock.ts';
import { ok, type Result } from './result.ts';
import { ToolSet } from './tool-versions.ts';

export interface SessionOptions {
  readonly cacheRoot: string;
  readonly packageRoot: string;
  readonly pipelineFile: string;
  /** The folder of the pipeline file. */
  readonly folder: string;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly emit: Emit;
  readonly execution: ExecutionPolicy;
  /** The values of the parameters that a task uses, as text, by name: for explanations. */
  readonly parametersOf?: (task: string) => ReadonlyMap<string, string>;
  /** What the kinds make of failed commands. */
  readonly explain?: FailureExplainer;
}

/** An action whose inputs are all known: what it will see, and the name of its result. */
export interface IdentifiedAction {
  readonly action: Action;
  readonly files: readonly StagedFile[];
  /** Folders that were listed to find the files, and where there was no optional input. */
  readonly folders: readonly Witness[];
  readonly absent: readonly string[];
  readonly fingerprint: Digest;
  readonly identity: Identity;
}

/** An action that has a result, and what on the disk was looked at to find out which. */
export interface SettledAction {
  readonly fingerprint: string;
  readonly result: ActionResult;
  readonly seen: {
    /** Files whose digests the memo knows. */
    readonly files: readonly string[];
    /** What was looked at without it: folders, and everything that an earlier build had looked at. */
    readonly witnesses: readonly Witness[];
    readonly absent: readonly string[];
    /** What it has under `out/`; absent: whether that is right has not been looked at. */
    readonly published?: readonly Witness[];
  };
}

/** Everything that building, planning and explaining share: the store, the memo, and the results so far. */
export class BuildSession {
  readonly options: SessionOptions;
  readonly blobs: BlobStore;
  readonly actionCache: ActionCache;
  readonly keeper: ResultKeeper;
  readonly memo: StatMemo;
  readonly history: ActionHistory;
  readonly tools: ToolSet;
  /** Notes how long each phase takes, where somebody wants to know. */
  clock: PhaseClock = NO_CLOCK;
  private readonly settled = new Map<string, SettledAction>();

  private constructor(options: SessionOptions, memo: StatMemo) {
    this.options = options;
    this.memo = memo;
    this.history = ActionHistory.open(options.cacheRoot, options.pipelineFile);
    this.blobs = new BlobStore(options.cacheRoot);
    this.actionCache = new ActionCache(options.cacheRoot);
    this.keeper = new ResultKeeper(this.blobs, this.actionCache);
    this.tools = new ToolSet(options.tools, options.emit);
  }

  static async open(options: SessionOptions): Promise<BuildSession> {
    const memo = await StatMemo.load(join(options.cacheRoot, 'stat-memo.json'));
    return new BuildSession(options, memo);
  }

  /** Resolves the inputs of an action, whose dependencies must have results, and names its result. */
  async identify(action: Action): Promise<Result<IdentifiedAction, Failure>> {
    // At the same time: big inputs are hashed by threads, and a tool may have to be started to be asked.
    const [resolved, versions] = await Promise.all([
      resolveInputs(action, {
        folder: this.options.folder,
        packageRoot: this.options.packageRoot,
        memo: this.memo,
        artifact: (id, output) => this.artifact(id, output),
      }),
      this.tools.versionsOf(action.spec.tools),
    ]);
    if (!resolved.ok) return resolved;
    const { files, folders, absent } = resolved.value;
    if (!versions.ok) return versions;
    const key = new FingerprintVisitor();
    walkManifest(action, files, versions.value, key);
    const record = new RecordVisitor();
    walkManifest(action, files, versions.value, record);
    const fingerprint = key.fingerprint();
    const identity = {
      fingerprint: fingerprint.hash,
      manifest: record.entries,
      sources: this.sourcesOf(action),
    };
    return ok({ action, files, folders, absent, fingerprint, identity });
  }

  /** The most that an action takes at a time: what it declares, else what it took the last time. */
  memoryOf({ id, spec }: Action): number | undefined {
    return spec.memoryBytes ?? this.history.get(id)?.peakMemoryBytes;
  }

  private sourcesOf(action: Action): Readonly<Record<string, string>> {
    const sources: Record<string, string> = {};
    for (const id of action.dependencies) {
      const fingerprint = this.settled.get(id)?.fingerprint;
      if (fingerprint !== undefined) sources[id] = fingerprint;
    }
    return sources;
  }

  /** The stored result of an action, if all of its bytes are still there. */
  async lookUp(identified: IdentifiedAction): Promise<ActionResult | undefined> {
    const result = await this.actionCache.get(identified.fingerprint);
    if (result === undefined) return undefined;
    for (const output of identified.action.spec.outputs) {
      const artifact = result.outputs[output.path];
      if (artifact === undefined || !(await this.blobs.contains(artifact))) return undefined;
    }
    return result;
  }

  /**
   * Makes a result known to the actions that depend on this one, and to the history. `startedAt` is when its
   * command was started, in milliseconds since 1970, if this build ran it.
   */
  settle(identified: IdentifiedAction, result: ActionResult, startedAt?: number): void {
    this.adopt(identified, result);
    const { seconds, outputs, peakMemoryBytes } = result;
    this.history.record(identified.action.id, {
      ...identified.identity,
      seconds,
      outputs,
      peakMemoryBytes,
      startedAt,
    });
  }

  /** Makes a result known to the actions that depend on this one, and to nobody else: for a plan. */
  adopt({ action, fingerprint, files, folders, absent }: IdentifiedAction, result: ActionResult): void {
    const paths = files.flatMap(({ bytes }) => (bytes.in === 'file' ? [bytes.path] : []));
    this.restore(action.id, {
      fingerprint: fingerprint.hash,
      result,
      seen: { files: paths, witnesses: folders, absent },
    });
  }

  /** Makes a result known that an earlier build found, and that still stands. */
  restore(id: string, settled: SettledAction): void {
    this.settled.set(id, settled);
  }

  /** An action that has a result. */
  settledAction(id: string): SettledAction | undefined {
    return this.settled.get(id);
  }

  artifact(id: string, output: string): Artifact | undefined {
    return this.settled.get(id)?.result.outputs[output];
  }

  /** What changed for an action since its last result here; undefined when it never had one. */
  changes({ action, identity }: IdentifiedAction): readonly Change[] | undefined {
    const last = this.history.get(action.id);
    if (last === undefined || last.manifest.length === 0) return undefined;
    return explainChanges(action.id, last, identity, {
      present: (id) => this.presentResult(id),
      past: (id, fingerprint) => this.history.result(id, fingerprint),
      parameters: (id) => this.options.parametersOf?.(id.split('/')[0] ?? id) ?? new Map(),
    });
  }

  private presentResult(id: string): HistoryEntry | undefined {
    const fingerprint = this.settled.get(id)?.fingerprint;
    return fingerprint === undefined ? undefined : this.history.result(id, fingerprint);
  }

  /** Why an action has to run, in one line. */
  reason(identified: IdentifiedAction): string {
    const changes = this.changes(identified);
    return changes === undefined || changes.length === 0
      ? reasonLines(changes).join('; ')
      : changeSummary(changes);
  }

  /** Waits until the store has every result, and keeps the memo and the history for the next build. */
  async close(): Promise<Result<void, Failure>> {
    const kept = await this.keeper.drain();
    if (!kept.ok) return kept;
    for (const saved of [await this.memo.save(), await this.history.save()]) {
      // A store that cannot be written still serves: without these two, the next build is only slower and says less.
      if (!saved.ok && !isUnwritable(saved.failure)) return saved;
    }
    return ok(undefined);
  }
}

const isUnwritable = (failure: Failure): boolean =>
  failure.kind === 'storage-failed' && (failure.code === 'EROFS' || failure.code === 'EACCES');

/** Changes since the last result as lines, with words for when there are none. */
export function reasonLines(changes: readonly Change[] | undefined): readonly string[] {
  if (changes === undefined) return ['it has never been built here'];
  return changes.length > 0 ? changeLines(changes) : ['its result is no longer in the store'];
}
