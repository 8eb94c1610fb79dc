import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { $ } from 'zx';
import type { BuildEvent, ResultReported } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import type { MatrixPoint } from '../../engine/matrix-cells.ts';
import { parameterMatrix } from '../../engine/parameter-matrix.ts';
import { loadPipeline } from '../../engine/pipeline-load.ts';
import { measuredRecord, type RecordFrame } from '../../results/measured-record.ts';
import { canonicalJson, cellText, named } from '../../results/record-identity.ts';
import { appendRecord, readHistory } from '../../results/run-history.ts';
import { type FailedRecord, RECORD_VERSION, type RunRecord } from '../../results/run-record.ts';
import type { BenchmarkResult } from '../../tasks/benchmark/benchmark-result.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { HISTORY_FILE } from '../history-file.ts';
import { packageVersion } from '../package-version.ts';
import { pipelineValidator } from '../pipeline-validators.ts';
import { build } from './build.ts';
import { failUsage } from './command-failure.ts';

/** What the pipeline calls the task that measures, and the parameter that names a measurement. */
const BENCHMARK_TARGET = 'benchmark';
const RUN_PARAMETER = 'run';
/** A device that went away is waited for this often, by cell, where neither task nor call says otherwise. */
const RETRIES = 2;

export interface MatrixCall {
  readonly matrix: string;
  /** Only the cells that the latest run has not measured. */
  readonly continues: boolean;
  readonly history?: string;
}

/**
 * Measures every cell of a matrix, one after the other, building what is missing; a cell that fails is recorded as such
 * and the others go on. Returns the exit code: 1 when a cell failed.
 */
export async function benchMatrix(options: BuildOptions, call: MatrixCall): Promise<number> {
  const loaded = await loadPipeline(options.file, pipelineValidator());
  if (!loaded.ok) return failUsage(loaded.failure, options);
  const cells = parameterMatrix(loaded.value, call.matrix);
  if (!cells.ok) return failUsage([cells.failure], options);
  const file = resolve(call.history ?? join(dirname(options.file), HISTORY_FILE));
  const before = await readHistory(call.continues ? [file] : []);
  if (!before.ok) return failUsage([before.failure], options);
  const earlier = before.value.records.filter(({ matrix }) => matrix === call.matrix);
  const run = earlier.at(-1)?.run ?? runName(new Date());
  const done = measuredCells(earlier.filter((record) => record.run === run));
  const frame = await recordFrame(loaded.value.folder, call.matrix, run);

  let failed = 0;
  for (const [index, cell] of cells.value.entries()) {
    const text = `cell ${index + 1} of ${cells.value.length}: ${cellText(cell)}`;
    if (done.has(canonicalJson(cell))) {
      process.stderr.write(`${text}: measured already\n`);
      continue;
    }
    process.stderr.write(`${text}\n`);
    const found = await measureCell(options, cell, run);
    if (found.code === EXIT.interrupted) return interruptedAt(call, run);
    const record = cellRecord({ ...frame, cell }, found);
    const appended = await appendRecord(file, record);
    if (!appended.ok) return failUsage([appended.failure], options);
    if (record.outcome === 'failed') failed += 1;
  }
  process.stderr.write(
    `run ${run}: ${cells.value.length - failed} cells measured, ${failed} failed; ${file}\n`,
  );
  return failed === 0 ? EXIT.ok : EXIT.buildFailed;
}

/** `2026-11-30T02-00-05Z`: runs sort by when they began. */
const runName = (time: Date): string => `${time.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

const measuredCells = (records: readonly RunRecord[]): ReadonlySet<string> =>
  new Set(records.filter(({ outcome }) => outcome === 'measured').map(({ cell }) => canonicalJson(cell)));

function interruptedAt({ matrix, history }: MatrixCall, run: string): number {
  const rest = history === undefined ? '' : ` --history ${history}`;
  process.stderr.write(`run ${run} is not done: rwkv-build bench --matrix ${matrix} --continue${rest}\n`);
  return EXIT.interrupted;
}

interface CellOutcome {
  readonly code: number;
  readonly results: readonly ResultReported[];
  readonly failures: readonly Failure[];
}

async function measureCell(options: BuildOptions, cell: MatrixPoint, run: string): Promise<CellOutcome> {
  const results: ResultReported[] = [];
  const failures: Failure[] = [];
  const observe = (event: BuildEvent): void => {
    if (event.type === 'result') results.push(event);
    if (event.type === 'failure') failures.push(event.failure);
    if (event.type === 'action' && event.failure !== undefined) failures.push(event.failure);
  };
  const code = await build([BENCHMARK_TARGET], cellOptions(options, cell, run), {
    logs: 'kept',
    onFailure: 'continue',
    outputs: 'copy',
    observe,
  });
  return { code, results, failures };
}

/** The call for one cell: what has an option of its own takes a list or a path there. */
function cellOptions(options: BuildOptions, cell: MatrixPoint, run: string): BuildOptions {
  const { model, soc, precision, target, device, ...others } = cell;
  const list = (value: string | undefined, otherwise: readonly string[]): readonly string[] =>
    value === undefined ? otherwise : [value];
  const pairs = Object.entries({ ...others, [RUN_PARAMETER]: run }).map(
    ([name, value]) => `${name}=${value}`,
  );
  return {
    ...options,
    model: list(model, options.model),
    soc: list(soc, options.soc),
    precision: list(precision, options.precision),
    target: list(target, options.target),
    ...(device === undefined ? {} : { device }),
    set: [...options.set, ...pairs],
    limits: { retries: RETRIES, ...options.limits },
  };
}

async function recordFrame(folder: string, matrix: string, run: string): Promise<Omit<RecordFrame, 'cell'>> {
  const commit = await commitOf(folder);
  const processors = cpus();
  return {
    ...{ run, matrix, version: packageVersion() },
    host: `${processors[0]?.model.trim() ?? 'unknown CPU'}, ${processors.length} cores`,
    ...(commit === undefined ? {} : { commit }),
  };
}

/** The commit that the pipeline's folder is at; undefined where it is in no repository. */
async function commitOf(folder: string): Promise<string | undefined> {
  const described = await $({
    cwd: folder,
    nothrow: true,
    quiet: true,
  })`git describe --always --abbrev=40 --dirty --exclude ${'*'}`;
  return described.exitCode === 0 ? described.stdout.trim() : undefined;
}

function cellRecord(frame: RecordFrame, { results, failures }: CellOutcome): RunRecord {
  const [found] = results;
  const now = new Date();
  if (found !== undefined && failures.length === 0)
    return measuredRecord(frame, found.result as unknown as BenchmarkResult, now);
  const { host: _, ...known } = frame;
  const [first] = failures;
  return named<FailedRecord>({
    schema: RECORD_VERSION,
    time: now.toISOString(),
    ...known,
    outcome: 'failed',
    failure: {
      kind: first?.kind ?? 'no-result',
      message: first?.message ?? 'the benchmark left no result',
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    },
  });
}
