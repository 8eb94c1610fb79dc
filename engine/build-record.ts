import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileStamp } from '../cache/file-stamp.ts';
import type { ArtifactPublished } from './event.ts';
import { emptyPatch, patchedCheck, type RecordPatch } from './record-patch.ts';

/*
 * What the last whole build of a request found, so that the next one can see by a look at the files' status that
 * nothing has to be done. A record is two files: `check.json`, which an idle build reads, and `build.jsonl`, with
 * what it takes to build just the rest when something did change. Builds that changed little leave both as they
 * are and write `patch.json`. All can be lost at any time: then the build looks everything up in the store, as
 * the first one did.
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
  /**
   * Folders of the store in which the results lie: a blob that goes away shows in its folder. For those that were
   * changing when the record was made, `blobs` has the results in them.
   */
  readonly shards: readonly Witness[];
  readonly blobs: readonly BlobWitness[];
  /** Files under `out/`. */
  readonly published: readonly Witness[];
  readonly actions: number;
  /** As many of the artifacts as anybody will read of. */
  readonly artifacts: readonly ArtifactPublished[];
  readonly moreArtifacts: number;
}

export const RECORD_FORMAT = 3;

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

/** What an idle build reads: the check as it is now, and how it differs from what the record's own file says. */
export interface OpenRecord {
  readonly check: RecordCheck;
  readonly patch: RecordPatch;
}

/** The check of a request's record, undefined when there is none that can be read. */
export function readCheck(cacheRoot: string, request: string): OpenRecord | undefined {
  const record = openRecord(recordFolder(cacheRoot, request));
  return record?.check.request === request ? record : undefined;
}

/** The check of the record in a folder. */
export function openRecord(folder: string): OpenRecord | undefined {
  const check = readJson(join(folder, 'check.json')) as RecordCheck | undefined;
  if (check?.format !== RECORD_FORMAT) return undefined;
  const patch = readJson(join(folder, 'patch.json')) as RecordPatch | undefined;
  return patch?.id === check.id
    ? { check: patchedCheck(check, patch), patch }
    : { check, patch: emptyPatch(check) };
}

/** A file of a record, undefined when it cannot be read. */
function readJson(path: string): unknown {
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
