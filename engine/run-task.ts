import type { ActionInput, ActionSpec } from './kind.ts';

/** A `run:` task at one point of its matrix, with expressions filled in. */
export interface RunCell {
  readonly script: string;
  /** Paths or globs relative to the pipeline file. */
  readonly inputs: readonly ActionInput[];
  /** Paths that the script writes; one that ends in `/` is a folder. */
  readonly outputs: readonly string[];
}

export const outputPath = (declared: string): string => declared.replace(/\/+$/, '').replace(/^\.\//, '');

/**
 * The action of a `run:` task. The script is given to `sh -e`, so it stops at the first command that fails,
 * as people who know GitHub Actions expect.
 */
export function runTaskSpec(cell: RunCell): ActionSpec {
  return {
    name: '',
    command: ['/bin/sh', '-e', '-c', cell.script],
    environment: {},
    inputs: cell.inputs,
    outputs: cell.outputs.map((declared) => ({
      path: outputPath(declared),
      type: declared.endsWith('/') ? 'directory' : 'file',
      role: 'file',
      attributes: {},
      publish: outputPath(declared),
    })),
    tools: [],
    properties: {},
  };
}
