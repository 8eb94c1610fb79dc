import type { Failure } from '../../engine/failure.ts';
import type { ActionInput, Argument, NeededOutput, TaskCell } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { neededOutputs } from '../needed-artifacts.ts';

/** The machine that the HTP compiler and emulator run on. */
const HOST_TARGET = 'x86_64-linux';

/** The JSON schema of the parameters that every kind has that compiles for the HTP. */
export const COMPILER_OPTIONS = {
  optimization: {
    type: 'integer',
    minimum: 1,
    maximum: 3,
    default: 3,
    description: "The compiler's optimisation level.",
  },
  vtcm_mb: {
    type: 'integer',
    minimum: 1,
    maximum: 8,
    default: 8,
    description: 'Megabytes of tightly coupled memory that the graph may use. Less makes it slower.',
  },
} as const;

/** What it takes of memory: v7 of 12 × 768 and 24 × 2048, fp16 and a16w8, 5.5 to 5.9 times the DLCs. */
export const MEMORY_PER_DLC_BYTE = 5.8;

/** `qnn-context` over some DLCs, but for what it is to write. */
export function compilerArguments(call: {
  readonly id: number;
  readonly dlcs: readonly ActionInput[];
  readonly options: Readonly<Record<string, unknown>>;
}): readonly Argument[] {
  const { optimization, vtcm_mb } = call.options;
  return [
    ...['bin/qnn-context', '--qnn-libs', { tool: 'qnn', path: '.' }],
    ...call.dlcs.flatMap(({ at }) => ['--dlc', at]),
    ...['--soc-id', String(call.id), '--optimization', String(optimization ?? 3)],
    ...['--vtcm-mb', String(vtcm_mb ?? 8), '--precision', 'fp16'],
  ];
}

/** One of our programs as it runs on this machine, among the outputs that a task needs. */
export function hostTool(cell: TaskCell, program: string): Result<NeededOutput, Failure> {
  const tools = neededOutputs(cell, program, 'build-runtime');
  if (!tools.ok) return tools;
  const tool = tools.value.find(({ output }) => output.attributes.target === HOST_TARGET);
  if (tool !== undefined) return ok(tool);
  return fail({
    kind: 'pipeline-invalid',
    message: `task \`${cell.task}\` needs \`${program}\` for ${HOST_TARGET}, where the compiler runs`,
    hint: `add a task with \`uses: build-runtime\` and \`target: ${HOST_TARGET}\` to its \`needs:\``,
  });
}
