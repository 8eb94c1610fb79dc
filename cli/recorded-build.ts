import { resolve } from 'node:path';
import { settledStamp } from '../cache/file-stamp.ts';
import { type BuildRequest, requestText, type Witness } from '../engine/build-record.ts';
import type { ArtifactPublished } from '../engine/event.ts';
import { makePatch } from '../engine/patch-making.ts';
import type { RecordContinuation } from '../engine/record-continuation.ts';
import { makeRecord } from '../engine/record-making.ts';
import { writePatch, writeRecord } from '../engine/record-writing.ts';
import type { RecordedCall } from '../engine/recorded-actions.ts';
import type { BuildGround } from './build-ground.ts';

/** What a build's record needs beside its results. */
export interface RecordBasis {
  readonly request: BuildRequest;
  /** The pipeline file before it was read. */
  readonly pipeline: Witness;
  readonly parametersOf: (task: string) => ReadonlyMap<string, string>;
  readonly call: RecordedCall;
  /** The record that the build went on from. */
  readonly before?: RecordContinuation;
}

/** The pipeline file as it is now, to be taken before it is read. */
export function pipelineWitness(file: string): Witness {
  const path = resolve(file);
  return [path, settledStamp(path) ?? null];
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
