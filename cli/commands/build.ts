import { availableParallelism } from 'node:os';
import type { Emit } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import { ok, type Result } from '../../engine/result.ts';
import type { BuildOptions } from '../build-options.ts';
import { buildRequest } from '../build-request.ts';
import { pipelineWitness } from '../recorded-build.ts';
import { type BuildCall, type OpenedGround, reportedBuild } from '../reported-build.ts';
import { openWorkbench, usesKinds } from '../workbench.ts';

export type BuildExtras = Omit<BuildCall, 'jobs' | 'json'>;

/** Builds targets of a pipeline and puts what was asked for under `out/`. Returns the exit code. */
export async function build(
  targets: readonly string[],
  options: BuildOptions,
  extras: BuildExtras,
): Promise<number> {
  const { jobs, json } = options;
  return reportedBuild((emit) => openGround(targets, options, extras, emit), { ...extras, jobs, json });
}

async function openGround(
  targets: readonly string[],
  options: BuildOptions,
  extras: BuildExtras,
  emit: Emit,
): Promise<Result<OpenedGround, readonly Failure[]>> {
  const request = buildRequest(process.argv.slice(2));
  const pipeline = pipelineWitness(options.file);
  const opened = await openWorkbench(targets, options, emit);
  if (!opened.ok) return opened;
  const ground = opened.value;
  if (usesKinds(ground) || !isRecordable(extras)) return ok({ ground });
  const parametersOf = (task: string): ReadonlyMap<string, string> => ground.parametersOf(task);
  const { jobs } = options;
  const { onFailure, outputs } = extras;
  const call = { jobs, cores: availableParallelism(), onFailure, outputs };
  return ok({ ground, basis: { request, pipeline, parametersOf, call } });
}

/** Whether a build that does nothing would have nothing to show either: no logs, no trace of its look-ups. */
const isRecordable = ({ logs, profile }: BuildExtras): boolean => logs === 'kept' && profile === undefined;
