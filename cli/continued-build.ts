import { availableParallelism } from 'node:os';
import { cacheRoot } from '../cache/cache-root.ts';
import { BuildSession } from '../engine/build-session.ts';
import type { Emit } from '../engine/event.ts';
import type { RecordLook } from '../engine/record-check.ts';
import { RecordContinuation } from '../engine/record-continuation.ts';
import { readActions } from '../engine/recorded-actions.ts';
import { ok, type Result } from '../engine/result.ts';
import { buildRequest, tellsJson } from './build-request.ts';
import { packageRoot } from './package-root.ts';
import { type OpenedGround, reportedBuild } from './reported-build.ts';

/*
 * A program of its own, which the launcher starts: what reads the command line and parses, validates and expands a
 * pipeline takes longer to load than it takes to build what is recorded.
 */

/**
 * Builds on from the record that `look` was taken of. Returns the exit code; undefined, with nothing said or done,
 * where the record does not serve.
 */
export async function continuedBuild(look: RecordLook, args: readonly string[]): Promise<number | undefined> {
  const store = cacheRoot(process.env);
  const { check } = look.record;
  const [pipeline] = check.inputs;
  const recorded = readActions(store, look.record);
  if (pipeline === undefined || recorded === undefined) return undefined;
  const { execution, parameters, call } = recorded.head;
  // How many commands run at once goes by the cores, unless the command line said it.
  if (call.cores !== availableParallelism()) return undefined;
  const before = new RecordContinuation(store, look, recorded);
  const graph = before.graph();
  if (graph === undefined) return undefined;
  const parametersOf = (task: string): ReadonlyMap<string, string> => new Map(parameters[task] ?? []);
  const open = async (emit: Emit): Promise<Result<OpenedGround, never>> => {
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
    const basis = { request: buildRequest(args), pipeline, parametersOf, call, before };
    return ok({ ground: { pipeline: { file }, targets, graph, session }, basis });
  };
  return reportedBuild(open, { ...call, json: tellsJson(args), logs: 'kept' });
}
