import type { Failure } from './failure.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * The tasks that are reachable from `wanted`, each after the ones that it needs, in the order in which
 * they were written where that is free. Walks with a stack of its own: a chain may be thousands long.
 */
export function taskOrder(
  wanted: readonly string[],
  needs: (task: string) => readonly string[],
): Result<readonly string[], Failure> {
  const order: string[] = [];
  const done = new Set<string>();
  const open = new Set<string>();
  for (const start of wanted) {
    const stack: { task: string; rest: string[] }[] = [];
    const enter = (task: string): void => {
      open.add(task);
      stack.push({ task, rest: [...needs(task)].reverse() });
    };
    if (!done.has(start)) enter(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        stack.pop();
        open.delete(top.task);
        done.add(top.task);
        order.push(top.task);
      } else if (open.has(next)) {
        const path = stack.map((entry) => entry.task);
        return fail(cycleFailure([...path.slice(path.indexOf(next)), next]));
      } else if (!done.has(next)) {
        enter(next);
      }
    }
  }
  return ok(order);
}

function cycleFailure(tasks: readonly string[]): Failure {
  const [only] = tasks;
  const message =
    tasks.length === 2
      ? `task \`${only}\` needs itself`
      : `tasks need each other in a circle: ${tasks.map((task) => `\`${task}\``).join(' → ')}`;
  return {
    kind: 'task-cycle',
    message,
    hint: 'take one of these out of `needs:` or `inputs:`',
    tasks,
  };
}
