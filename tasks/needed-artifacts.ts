import type { Failure } from '../engine/failure.ts';
import type { ActionInput, NeededOutput, TaskCell } from '../engine/kind.ts';
import { fail, ok, type Result } from '../engine/result.ts';

/** The outputs with a role among those that a task needs; having none is the pipeline's mistake. */
export function neededOutputs(
  cell: TaskCell,
  role: string,
  maker: string,
): Result<readonly NeededOutput[], Failure> {
  const found = cell.needs.filter(({ output }) => output.role === role);
  if (found.length > 0) return ok(found);
  return fail({
    kind: 'pipeline-invalid',
    message: `task \`${cell.task}\` needs a \`${role}\`, and no task in its \`needs:\` makes one`,
    hint: `add a task that uses \`${maker}\` to its \`needs:\`; check that both have the same axes in \`matrix:\``,
  });
}

/** Like `neededOutputs`, where only one makes sense. */
export function neededOutput(cell: TaskCell, role: string, maker: string): Result<NeededOutput, Failure> {
  const found = neededOutputs(cell, role, maker);
  if (!found.ok) return found;
  const [first, second] = found.value;
  if (first === undefined || second !== undefined) {
    return fail({
      kind: 'pipeline-invalid',
      message: `task \`${cell.task}\` needs one \`${role}\`, and its \`needs:\` make ${found.value.length}: ${found.value
        .map(({ action }) => action)
        .join(', ')}`,
      hint: 'give the task the same axes in its `matrix:` as the task that it needs',
    });
  }
  return ok(first);
}

/** An input that is a needed output, at a place of the command's choosing. */
export function artifactInput(needed: NeededOutput, at: string): ActionInput {
  return { at, source: { from: 'action', action: needed.action, output: needed.output.path } };
}
