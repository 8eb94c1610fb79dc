import { join } from 'node:path';
import { installLocked, stagePackages } from '../tasks/tools/package-sets.ts';
import { type PackageSet, PythonPackages } from '../tasks/tools/python-packages.ts';

/** A script that lets one environment see the packages of another, which it does not have to install again. */
const SEE_PACKAGES = `
import os, sysconfig, sys
site = lambda folder: sysconfig.get_path('purelib', vars={'base': folder, 'platbase': folder})
with open(os.path.join(site(sys.argv[1]), 'stage-packages.pth'), 'w') as file:
    file.write(site(sys.argv[2]) + '\\n')
`;

/** Packages of an environment of its own, beside those of the stages. */
function besideStages(
  set: Pick<PackageSet, 'name' | 'requirements' | 'announcement'>,
  stageFolder: string,
): PackageSet {
  return {
    ...set,
    commands: (python, folder, requirements) => [
      [python, '-m', 'venv', folder],
      installLocked(join(folder, 'bin', 'python'), requirements),
      [join(folder, 'bin', 'python'), '-c', SEE_PACKAGES, folder, stageFolder],
    ],
  };
}

/** What checks and tests the Python parts. */
export const testPython = (packageRoot: string, cacheRoot: string): Promise<string> =>
  pythonBesideStages(packageRoot, cacheRoot, {
    name: 'python-tests',
    requirements: join(packageRoot, 'tasks', 'requirements-dev.txt'),
    announcement: 'making the environment of the Python tests, once',
  });

/** What the runtime is measured against. */
export const benchPython = (packageRoot: string, cacheRoot: string): Promise<string> =>
  pythonBesideStages(packageRoot, cacheRoot, {
    name: 'python-bench',
    requirements: join(packageRoot, 'bench', 'runtime', 'requirements.txt'),
    announcement: 'making the environment of the runtime bench, once',
  });

/** Makes the environment, and that of the stages, where they are not there yet and returns its Python. */
async function pythonBesideStages(
  packageRoot: string,
  cacheRoot: string,
  set: Pick<PackageSet, 'name' | 'requirements' | 'announcement'>,
): Promise<string> {
  const { signal } = new AbortController();
  const progress = (line: string): void => console.error(`  ${line}`);
  const stage = await new PythonPackages(stagePackages(packageRoot), cacheRoot).prepare(progress, signal);
  if (!stage.ok) throw new Error(stage.failure.message);
  const own = await new PythonPackages(besideStages(set, stage.value), cacheRoot).prepare(progress, signal);
  if (!own.ok) throw new Error(own.failure.message);
  return join(own.value, 'bin', 'python');
}
