import type { ActionInput, Argument } from '../engine/kind.ts';

/** The environment of a Python stage: our package before any installed one, no droppings, one order of sets. */
export const PYTHON_ENVIRONMENT: Readonly<Record<string, string>> = {
  PYTHONPATH: 'tasks',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONHASHSEED: '0',
};

/** The command that runs a stage's script, before its options. */
export function pythonCommand(script: string): readonly Argument[] {
  return [{ tool: 'python', path: 'bin/python' }, script];
}

/** A stage's script and the package that the stages share, as inputs at their own places. */
export function pythonSources(script: string): readonly ActionInput[] {
  return ['tasks/rwkv', script].map((path) => ({ at: path, source: { from: 'package', path } }));
}
