import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../../cache/cache-root.ts';
import { benchPython } from '../../scripts/test-packages.ts';
import { childOutput } from '../child-output.ts';
import { type ModelSite, REPOSITORY } from '../models/model-bench.ts';
import type { ModelGoal } from '../models/model-row.ts';

/** A program's JSON, from its first line that opens an object on: QNN's libraries print too. Or why there is none. */
export async function measured<Figures>(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string },
): Promise<Figures | string> {
  const child = spawn(program, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const { status, said, complaint } = await childOutput(child);
  const lines = complaint.trim().split('\n');
  if (status !== 0) return lines.at(-1) || `${program} ended with ${status}`;
  return JSON.parse(said.slice(said.search(/^[{"]/m))) as Figures;
}

/** A program or library that the site's `host-tools` built. */
export const builtProgram = (site: ModelSite, name: string): string =>
  join(site.folder, 'out/runtime/x86_64-linux', name);

export const pythonOfBench = (): Promise<string> => benchPython(REPOSITORY, cacheRoot(process.env));

/** Qualcomm's libraries, which the environment of the stages has; the bench's own one sees them. */
export async function qnnLibraries(python: string): Promise<string | undefined> {
  const script =
    'import importlib.util, json; print(json.dumps(importlib.util.find_spec("onnxruntime_qnn").origin))';
  const origin = await measured<string>(python, ['-c', script], { cwd: REPOSITORY });
  return typeof origin === 'string' && origin.startsWith('/') ? realpathSync(join(origin, '..')) : undefined;
}

/** What the library takes, and what the plain way does in the same run. */
export interface MeasuredBeside {
  readonly name: string;
  readonly microseconds: number;
  readonly plain_microseconds: number;
}

export const microseconds = (value: number): string => value.toFixed(1);

/** The goal with the plain way's figure behind its own. */
export function beside(goal: ModelGoal, one: MeasuredBeside): ModelGoal {
  return { ...goal, reached: `${goal.reached} (the plain way: ${microseconds(one.plain_microseconds)})` };
}
