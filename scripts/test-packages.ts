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

/** What checks and tests the Python parts, beside what they run with. */
function testPackages(packageRoot: string, stageFolder: string): PackageSet {
  return {
    name: 'python-tests',
    requirements: join(packageRoot, 'tasks', 'requirements-dev.txt'),
    announcement: 'making the environment of the Python tests, once',
    commands: (python, folder, requirements) => [
      [python, '-m', 'venv', folder],
      installLocked(join(folder, 'bin', 'python'), requirements),
      [join(folder, 'bin', 'python'), '-c', SEE_PACKAGES, folder, stageFolder],
    ],
  };
}

/** Makes both environments where they are not there yet and returns the Python of the tests. */
export async function testPython(packageRoot: string, cacheRoot: string): Promise<string> {
  const { signal } = new AbortController();
  const progress = (line: string): void => console.log(`  ${line}`);
  const stage = await new PythonPackages(stagePackages(packageRoot), cacheRoot).prepare(progress, signal);
  if (!stage.ok) throw new Error(stage.failure.message);
  const tests = await new PythonPackages(testPackages(packageRoot, stage.value), cacheRoot).prepare(
    progress,
    signal,
  );
  if (!tests.ok) throw new Error(tests.failure.message);
  return join(tests.value, 'bin', 'python');
}
