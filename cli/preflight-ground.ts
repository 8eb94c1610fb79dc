import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import type { HistoryEntry } from '../engine/action-history.ts';
import type { Emit } from '../engine/event.ts';
import type { Failure } from '../engine/failure.ts';
import type { Pipeline } from '../engine/pipeline-load.ts';
import { earlyRefusal, earlyWarning } from '../tasks/preflight/early-refusal.ts';
import type { WeightSource } from '../tasks/preflight/outline-reader.ts';
import { preflightCases } from '../tasks/preflight/preflight-cases.ts';
import { type PreflightGround, preflightRows } from '../tasks/preflight/preflight-rows.ts';
import { readHeaderShapes } from '../tasks/safetensors-header.ts';

type History = { get(id: string): HistoryEntry | undefined };

/** This machine and what was built on it, as far as a preflight looks at them. */
export async function preflightGround(
  folder: string,
  history: History,
  shapesOf: WeightSource['shapesOf'],
): Promise<PreflightGround> {
  const { bavail, bsize } = await statfs(folder);
  return {
    folder,
    shapesOf,
    recorded: (id) => history.get(id),
    freeMemoryBytes: Math.min(freemem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    freeDiskBytes: bavail * bsize,
  };
}

/**
 * What can be told of a build before it begins where that is cheap, from the headers of `.safetensors` files: the
 * contexts that would be refused in hours, as failures; what this machine seems to lack for others, as notices.
 */
export async function earlyPreflight(
  pipeline: Pipeline,
  tasks: readonly string[],
  history: History,
  emit: Emit,
): Promise<readonly Failure[]> {
  const cases = preflightCases(pipeline, tasks);
  const all = preflightCases(pipeline, Object.keys(pipeline.tasks));
  if (!cases.ok || !all.ok || cases.value.length === 0) return [];
  const rows = await preflightRows(
    cases.value,
    all.value,
    await preflightGround(pipeline.folder, history, readHeaderShapes),
  );
  // What is wrong with a name is told where the pipeline is expanded.
  if (!rows.ok) return [];
  const failures: Failure[] = [];
  for (const [index, row] of rows.value.entries()) {
    const one = cases.value[index];
    const refusal = one === undefined ? undefined : earlyRefusal(row, one, pipeline.source);
    if (refusal !== undefined) failures.push(refusal);
    const text = earlyWarning(row);
    if (text !== undefined) emit({ type: 'notice', text });
  }
  return failures;
}
