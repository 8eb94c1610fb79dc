import type { Tool } from '../engine/kind.ts';
import { DevicePrograms } from './tools/device-programs.ts';
import { EmulatedAdbd } from './tools/emulated-adbd.ts';
import { AndroidCompiler, SystemCompiler } from './tools/native-compilers.ts';
import { adbPackages, armLinuxQnn, stagePackages, zigPackages } from './tools/package-sets.ts';
import { PythonPackages } from './tools/python-packages.ts';
import { QnnLibraries } from './tools/qnn-libraries.ts';
import { QnnSdk } from './tools/qnn-sdk.ts';

/** Every tool that an action can name, by name. None is touched before an action needs it. */
export function registeredTools(packageRoot: string, cacheRoot: string): ReadonlyMap<string, Tool> {
  const python = new PythonPackages(stagePackages(packageRoot), cacheRoot);
  const tools: readonly Tool[] = [
    python,
    new QnnLibraries(python, packageRoot),
    new SystemCompiler('g++', 'g++', 'apt-get install -y g++'),
    new SystemCompiler(
      'aarch64-linux-gnu-g++',
      'aarch64-linux-gnu-g++',
      'apt-get install -y g++-aarch64-linux-gnu',
    ),
    new SystemCompiler('clang++', 'clang++', 'apt-get install -y clang libclang-rt-dev'),
    new PythonPackages(zigPackages(packageRoot), cacheRoot),
    new PythonPackages(armLinuxQnn(packageRoot), cacheRoot),
    new AndroidCompiler(),
    new QnnSdk(),
    new DevicePrograms(packageRoot, cacheRoot),
    new EmulatedAdbd(packageRoot, cacheRoot),
    new PythonPackages(adbPackages(packageRoot), cacheRoot),
  ];
  return new Map(tools.map((tool) => [tool.name, tool]));
}
