import { join } from 'node:path';
import { ActionCache, type ActionResult } from '../cache/action-cache.ts';
import type { Artifact } from '../cache/artifact.ts';
import { BlobStore } from '../cache/blob-store.ts';
import type { Digest } from '../cache/digest.ts';
import { StatMemo } from '../cache/stat-memo.ts';
import type { Action } from './action-graph.ts';
import { ActionHistory } from './action-history.ts';
import { walkManifest } from './action-manifest.ts';
import type { Emit } from './event.ts';
import { explainDifference, type ManifestEntry, RecordVisitor } from './explanation.ts';
import type { Failure } from './failure.ts';
import { FingerprintVisitor } from './fingerprint.ts';
import { resolveInputs, type StagedFile } from './input-resolution.ts';
import type { Tool } from './kind.ts';
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
}

/** An action whose inputs are all known: what it will see, and the name of its result. */
export interface IdentifiedAction {
  readonly action: Action;
  readonly files: readonly StagedFile[];
  readonly fingerprint: Digest;
  readonly manifest: readonly ManifestEntry[];
}

/** Everything that building, planning and explaining share: the store, the memo, and the results so far. */
export class BuildSession {
  readonly options: SessionOptions;
  readonly blobs: BlobStore;
  readonly actionCache: ActionCache;
  readonly memo: StatMemo;
  readonly history: ActionHistory;
  readonly tools: ToolSet;
  private readonly results = new Map<string, ActionResult>();

  private constructor(options: SessionOptions, memo: StatMemo, history: ActionHistory) {
    this.options = options;
    this.memo = memo;
    this.history = history;
    this.blobs = new BlobStore(options.cacheRoot);
    this.actionCache = new ActionCache(options.cacheRoot);
    this.tools = new ToolSet(options.tools, options.emit);
  }

  static async open(options: SessionOptions): Promise<BuildSession> {
    const memo = await StatMemo.load(join(options.cacheRoot, 'stat-memo.json'));
    const history = await ActionHistory.load(options.cacheRoot, options.pipelineFile);
    return new BuildSession(options, memo, history);
  }

  /** Resolves the inputs of an action, whose dependencies must have results, and names its result. */
  async identify(action: Action): Promise<Result<IdentifiedAction, Failure>> {
    const files = await resolveInputs(action, {
      folder: this.options.folder,
      packageRoot: this.options.packageRoot,
      memo: this.memo,
      artifact: (id, output) => this.artifact(id, output),
    });
    if (!files.ok) return files;
    const versions = await this.tools.versionsOf(action.spec.tools);
    if (!versions.ok) return versions;
    const key = new FingerprintVisitor();
    walkManifest(action, files.value, versions.value, key);
    const record = new RecordVisitor();
    walkManifest(action, files.value, versions.value, record);
    return ok({ action, files: files.value, fingerprint: key.fingerprint(), manifest: record.entries });
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

  /** Makes a result known to the actions that depend on this one, and to the history. */
  settle(identified: IdentifiedAction, result: ActionResult): void {
    const { action, fingerprint, manifest } = identified;
    this.results.set(action.id, result);
    this.history.record(action.id, { fingerprint: fingerprint.hash, manifest, seconds: result.seconds });
  }

  artifact(id: string, output: string): Artifact | undefined {
    return this.results.get(id)?.outputs[output];
  }

  /** Why an action has to run, in sentences. */
  reasons(identified: IdentifiedAction): readonly string[] {
    const last = this.history.get(identified.action.id);
    if (last === undefined) return ['it has never been built here'];
    const differences = explainDifference(last.manifest, identified.manifest);
    return differences.length > 0 ? differences : ['its result is no longer in the store'];
  }

  /** Keeps the memo and the history for the next build. */
  async close(): Promise<Result<void, Failure>> {
    const saved = await this.memo.save();
    if (!saved.ok) return saved;
    return this.history.save();
  }
}
