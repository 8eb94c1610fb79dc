import { resolve } from 'node:path';
import { cacheRoot } from '../cache/cache-root.ts';
import { settledStamp } from '../cache/file-stamp.ts';
import { type BuildRequest, readCheck, requestText, type Witness } from '../engine/build-record.ts';
import { BuildSession } from '../engine/build-session.ts';
import type { ArtifactPublished, Emit } from '../engine/event.ts';
import { makePatch } from '../engine/patch-making.ts';
import { lookAgain, type RecordLook } from '../engine/record-check.ts';
import { RecordContinuation } from '../engine/record-continuation.ts';
import { makeRecord } from '../engine/record-making.ts';
import { writePatch, writeRecord } from '../engine/record-writing.ts';
import { readActions } from '../engine/recorded-actions.ts';
import type { BuildGround } from './build-ground.ts';
import { packageRoot } from './package-root.ts';

/** What a build's record needs beside its results. */
export interface RecordBasis {
  readonly request: BuildRequest;
  /** The pipeline file before it was read. */
  readonly pipeline: Witness;
  readonly parametersOf: (task: string) => ReadonlyMap<string, string>;
  /** The record that the build went on from. */
  readonly before?: RecordContinuation;
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
  if (kept?.record.check.request === request) return kept;
  const record = readCheck(store, request);
  return record === undefined ? undefined : lookAgain(record);
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
  const pipeline = look?.record.check.inputs[0];
  if (look === undefined || pipeline === undefined) return undefined;
  const { check } = look.record;
  const recorded = readActions(store, look.record);
  if (recorded === undefined) return undefined;
  const before = new RecordContinuation(store, look, recorded);
  const graph = before.graph();
  if (graph === undefined) return undefined;
  const { execution, parameters } = recorded.head;
  const parametersOf = (task: string): ReadonlyMap<string, string> => new Map(parameters[task] ?? []);
  const session = await BuildSession.open({
    cacheRoot: store,
    packageRoot: packageRoot(),
    pipelineFile: check.pipelineFile,
    folder: check.folder,
    // Only builds of shell tasks are recorded, and these use no tools.
    tools: new Map(),
    emit,
    execution,
    parametersOf,
  });
  before.restoreUsed(session);
  const { file, targets } = check;
  return {
    ground: { pipeline: { file }, targets, graph, session },
    basis: { request, pipeline, parametersOf, before },
  };
}

/** Remembers a build in which every action got its result, so that the next one need not look everything up. */
export function recordBuild(
  { pipeline, targets, graph, session }: BuildGround,
  basis: RecordBasis,
  artifacts: readonly ArtifactPublished[],
): void {
  const store = session.options.cacheRoot;
  const { before } = basis;
  const patch = before === undefined ? undefined : makePatch(before, artifacts, session);
  if (patch !== undefined) {
    writePatch(store, requestText(basis.request), patch);
    return;
  }
  const whole = before === undefined ? graph : before.wholeGraph(session);
  if (whole === undefined) return;
  const { file } = pipeline;
  writeRecord(store, makeRecord({ ...basis, file, targets, graph: whole, artifacts }, session));
}
