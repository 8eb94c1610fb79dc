import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { stagePackages } from '../../tasks/tools/package-sets.ts';
import { PythonPackages } from '../../tasks/tools/python-packages.ts';
import { REPOSITORY, USER_CACHE } from './project.ts';

/** The Python environment of the stages, which the tests share with this machine's builds. */
async function stageEnvironment(): Promise<string> {
  const prepared = await new PythonPackages(stagePackages(REPOSITORY), USER_CACHE).prepare(
    () => undefined,
    new AbortController().signal,
  );
  if (!prepared.ok) throw new Error(prepared.failure.message);
  return prepared.value;
}

export const stagePython = async (): Promise<string> => join(await stageEnvironment(), 'bin', 'python');

/** Qualcomm's libraries for this machine. */
export const qnnLibraries = async (): Promise<string> => realpathSync(join(await stageEnvironment(), 'qnn'));
