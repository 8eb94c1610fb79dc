import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionResult } from '../cache/action-cache.ts';
import type { FileStamp } from '../cache/file-stamp.ts';
import type { Action } from './action-graph.ts';
import type { ArtifactPublished } from './event.ts';
import type { ExecutionPolicy } from './execution-policy.ts';

/*
 * What the last whole build of a request found, so that the next one can see by a look at the files' status that
 * nothing has to be done. A record is two files: `check.json`, which an idle build reads, and `build.json`, with
 * what it takes to build just the rest when something did change. Both can be lost at any time: then the build
 * looks everything up in the store, as the first one did.
 */

/** What decides which actions there are, beside the files: the same request of the same program. */
export interface BuildRequest {
  /** The version of rwkv-build by its content. */
  readonly program: string;
  readonly folder: string;
  readonly args: readonly string[];
}

/** A path and what was there; `null` when that was changing at the time, so that it must be looked at again. */
export type Witness = readonly [path: string, stamp: FileStamp | null];

/** Where a blob lies in the store, and its size. */
export type BlobWitness = readonly [path: string, size: number];

export interface RecordCheck {
  readonly format: number;
  /** The same in both files of one record. */
  readonly id: string;
  readonly request: string;
  /** The pipeline file as the user named it, and the targets. */
  readonly file: string;
  readonly targets: readonly string[];
  /** The pipeline file as the history knows it, and its folder. */
  readonly pipelineFile: string;
  readonly folder: string;
  /** The pipeline file; then the files and folders that were read as inputs. */
  readonly inputs: readonly Witness[];
  /** Where optional inputs would lie: nothing was there. */
  readonly absent: readonly string[];
  /** Folders of the store in which the results lie: a blob that goes away shows in its folder. */
  readonly shards: readonly Witness[];
  /** The results in those that were changing when the record was made. */
  readonly blobs: readonly BlobWitness[];
  /** Files under `out/`. */
  readonly published: readonly Witness[];
  readonly actions: number;
  /** As many of the artifacts as anybody will read of. */
  readonly artifacts: readonly ArtifactPublished[];
  readonly moreArtifacts: number;
}

export interface RecordedAction {
  readonly action: Action;
  readonly fingerprint: string;
  readonly result: ActionResult;
  /** Its inputs on disk, as indexes into `inputs` and `absent` of the check. */
  readonly inputs: readonly number[];
  readonly absent: readonly number[];
  /** What it has under `out/`, as indexes into `published` of the check. */
  readonly published: readonly number[];
}

export interface RecordedBuild {
  readonly format: number;
  readonly id: string;
  readonly actions: readonly RecordedAction[];
  /** Ids of the actions whose outputs are published. */
  readonly requested: readonly string[];
  readonly artifacts: readonly ArtifactPublished[];
  readonly execution: ExecutionPolicy;
  /** The values of the parameters that each task uses, by task. */
  readonly parameters: Readonly<Record<string, readonly (readonly [name: string, value: string])[]>>;
}

export const RECORD_FORMAT = 2;

/** The request as the text that a record is found by. */
export function requestText(request: BuildRequest): string {
  return JSON.stringify([request.program, request.folder, request.args]);
}

export function recordsFolder(cacheRoot: string): string {
  return join(cacheRoot, 'records');
}

/** Where the record of a request lies, whether or not there is one. */
export function recordFolder(cacheRoot: string, request: string): string {
  return join(recordsFolder(cacheRoot), shortHash(request));
}

/** The check of a request's record, undefined when there is none that can be read. */
export function readCheck(cacheRoot: string, request: string): RecordCheck | undefined {
  const check = readJson(join(recordFolder(cacheRoot, request), 'check.json')) as RecordCheck | undefined;
  return check?.format === RECORD_FORMAT && check.request === request ? check : undefined;
}

/** The other half of a record whose check has been read. */
export function readBuild(cacheRoot: string, check: RecordCheck): RecordedBuild | undefined {
  const path = join(recordFolder(cacheRoot, check.request), 'build.json');
  const build = readJson(path) as RecordedBuild | undefined;
  return build?.id === check.id ? build : undefined;
}

/** A file of a record, undefined when it cannot be read. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * FNV-1a (Fowler, Noll, Vo), twice 32 bits with different offsets. The record holds the whole request, so a
 * collision costs time and nothing else; loading SHA-256 costs an idle build 3 ms.
 */
function shortHash(text: string): string {
  const lane = (offset: number): string => {
    let hash = offset;
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, '0');
  };
  return lane(0x811c9dc5) + lane(0x9747b28c);
}
