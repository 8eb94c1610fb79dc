import { resolve } from 'node:path';
import { cacheRoot } from '../cache/cache-root.ts';
import { settledStamp } from '../cache/file-stamp.ts';
import {
  type BuildRequest,
  readBuild,
  readCheck,
  requestText,
  type Witness,
} from '../engine/build-record.ts';
import { BuildSession } from '../engine/build-session.ts';
import type { ArtifactPublished, Emit } from '../engine/event.ts';
import { lookAgain, type RecordLook } from '../engine/record-check.ts';
import { makeRecord } from '../engine/record-making.ts';
import { recordedGraph, restoreStanding, standingActions } from '../engine/record-reuse.ts';
import { writeRecord } from '../engine/record-writing.ts';
import type { BuildGround } from './build-ground.ts';
import { packageRoot } from './package-root.ts';

/** What a build's record needs beside its results. */
export interface RecordBasis {
  readonly request: BuildRequest;
  /** The pipeline file before it was read. */
  readonly pipeline: Witness;
  readonly parametersOf: (task: string) => ReadonlyMap<string, string>;
}

export interface RecordedGround {
  readonly ground: BuildGround;
  readonly basis: RecordBasis;
}

let keptLook: RecordLook | undefined;

/** Takes what was found out before the first build of this process, which it serves and no other. */
export function keepLook(look: RecordLook | undefined): void {
  keptLook = look;
}

function lookAt(store: string, request: string): RecordLook | undefined {
  const kept = keptLook;
  keptLook = undefined;
  if (kept?.check.request === request) return kept;
  const check = readCheck(store, request);
  return check === undefined ? undefined : lookAgain(check);
}

/** The pipeline file as it is now, to be taken before it is read. */
export function pipelineWitness(file: string): Witness {
  const path = resolve(file);
  return [path, settledStamp(path) ?? null];
}

/**
 * The ground of a build from the record of the one before, with what still stands settled already: the pipeline
 * is then neither parsed nor expanded. Undefined where there is no record, or the pipeline file has changed.
 */
export async function recordedGround(request: BuildRequest, emit: Emit): Promise<RecordedGround | undefined> {
  const store = cacheRoot(process.env);
  const look = lookAt(store, requestText(request));
  const pipeline = look?.check.inputs[0];
  if (look === undefined || pipeline === undefined) return undefined;
  const { check } = look;
  const build = readBuild(store, check);
  if (build === undefined) return undefined;
  const parametersOf = (task: string): ReadonlyMap<string, string> => new Map(build.parameters[task] ?? []);
  const session = await BuildSession.open({
    cacheRoot: store,
    packageRoot: packageRoot(),
    pipelineFile: check.pipelineFile,
    folder: check.folder,
    // Only builds of shell tasks are recorded, and these use no tools.
    tools: new Map(),
    emit,
    execution: build.execution,
    parametersOf,
  });
  restoreStanding(session, look, standingActions(store, look, build));
  const { file, targets } = check;
  return {
    ground: { pipeline: { file }, targets, graph: recordedGraph(build), session },
    basis: { request, pipeline, parametersOf },
  };
}

/** Remembers a build in which every action got its result, so that the next one need not look everything up. */
export function recordBuild(
  { pipeline, targets, graph, session }: BuildGround,
  basis: RecordBasis,
  artifacts: readonly ArtifactPublished[],
): void {
  const { file } = pipeline;
  const { check, build } = makeRecord({ ...basis, file, targets, graph, artifacts }, session);
  writeRecord(session.options.cacheRoot, check, build);
}
