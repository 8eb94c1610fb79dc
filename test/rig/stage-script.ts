import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { REPOSITORY } from './project.ts';
import { stagePython } from './stage-environment.ts';

/** The stages' own sources and those of their tests, with which a script writes what a test reads. */
const PYTHONPATH = ['tasks', 'test/python'].map((path) => join(REPOSITORY, path)).join(':');

/** Runs lines of Python in a folder, with the stages' packages; a script that fails fails the test. */
export async function runStageScript(folder: string, lines: readonly string[]): Promise<void> {
  const made = spawnSync(await stagePython(), ['-c', lines.join('\n')], {
    cwd: folder,
    env: { PYTHONPATH },
    encoding: 'utf8',
  });
  assert.is(made.status, 0, made.stderr);
}
