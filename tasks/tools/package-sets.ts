import { join } from 'node:path';
import type { PackageSet } from './python-packages.ts';

/** The command that installs what a requirements file locks, and nothing that it does not name. */
export function installLocked(python: string, requirements: string, ...options: string[]): readonly string[] {
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  const locked = ['--require-hashes', '--no-deps', '--only-binary', ':all:'];
  return [python, '-m', 'pip', 'install', ...quiet, ...locked, ...options, '-r', requirements];
}

/** A script that gives what other programs look for a place that does not depend on Python's version. */
const LINK_PARTS = `
import importlib.metadata, os, sys
folder = sys.argv[1]
site = next(path for path in sys.path if path.startswith(folder) and path.endswith('site-packages'))
os.symlink(os.path.relpath(os.path.join(site, 'onnxruntime_qnn'), folder), os.path.join(folder, 'qnn'))
vocabulary = next(f for f in importlib.metadata.files('rwkv') if f.name.startswith('rwkv_vocab_v'))
os.symlink(os.path.relpath(vocabulary.locate(), folder), os.path.join(folder, 'world-vocabulary.txt'))
`;

/** What the Python stages run in. `qnn/` in it holds Qualcomm's libraries for this machine. */
export function stagePackages(packageRoot: string): PackageSet {
  return {
    name: 'python',
    requirements: join(packageRoot, 'tasks', 'requirements.txt'),
    announcement: 'making the Python environment, once (about a minute, 600 MB)',
    commands: (python, folder, requirements) => [
      [python, '-m', 'venv', folder],
      installLocked(join(folder, 'bin', 'python'), requirements),
      [join(folder, 'bin', 'python'), '-c', LINK_PARTS, folder],
    ],
  };
}

/** The zig compiler, for Linux on Arm where Debian's cross compiler is not installed. */
export function zigPackages(packageRoot: string): PackageSet {
  return {
    name: 'zig',
    requirements: join(packageRoot, 'tasks', 'requirements-zig.txt'),
    // Its C++ library, which it builds on first use.
    writes: ['cache'],
    announcement: 'fetching the zig compiler, once (about 100 MB)',
    commands: (python, folder, requirements) => [
      [python, '-m', 'venv', folder],
      installLocked(join(folder, 'bin', 'python'), requirements),
    ],
  };
}

/** Qualcomm's libraries for Linux on Arm, with the ones that run on the DSP. Nothing in it runs here. */
export function armLinuxQnn(packageRoot: string): PackageSet {
  return {
    name: 'qnn-aarch64-linux',
    requirements: join(packageRoot, 'tasks', 'requirements-qnn-aarch64.txt'),
    announcement: "fetching Qualcomm's libraries for Linux on Arm, once (about 100 MB)",
    commands: (python, folder, requirements) => [
      installLocked(
        python,
        requirements,
        ...['--python-version', '3.11', '--platform', 'manylinux_2_34_aarch64', '--target', folder],
      ),
    ],
  };
}

/** Google's adb, for machines that have none. */
export function adbPackages(packageRoot: string): PackageSet {
  return {
    name: 'adb',
    requirements: join(packageRoot, 'tasks', 'requirements-adb.txt'),
    announcement: 'fetching adb, once (4 MB)',
    commands: (python, folder, requirements) => [
      installLocked(python, requirements, '--target', folder),
      ['chmod', '755', adbIn(folder)],
    ],
  };
}

/** The program in the folder of `adbPackages`. */
export function adbIn(folder: string): string {
  return join(folder, 'adbutils', 'binaries', 'adb');
}
