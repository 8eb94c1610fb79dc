import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armLinuxQnn, installLocked } from '../../tasks/tools/package-sets.ts';
import { type PackageSet, PythonPackages } from '../../tasks/tools/python-packages.ts';
import { REPOSITORY, USER_CACHE } from './project.ts';

/** Where Debian's cross compiler keeps the C library of the target. */
const ARM_ROOT = '/usr/aarch64-linux-gnu';

/** The CPU that qemu emulates, a Neoverse N1, as Linux would describe it. */
const CPU_INFO = `processor\t: 0
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x4
CPU part\t: 0xd0c
CPU revision\t: 1
`;

const armLinuxCpu: PackageSet = {
  name: 'qnn-cpu-aarch64-linux',
  requirements: join(REPOSITORY, 'test', 'rig', 'requirements-qnn-cpu-aarch64.txt'),
  announcement: "fetching Qualcomm's CPU backend for Linux on Arm, once (about 85 MB)",
  commands: (python, folder, requirements) => [
    installLocked(
      python,
      requirements,
      ...['--python-version', '3.11', '--platform', 'manylinux_2_39_aarch64', '--target', folder],
    ),
  ],
};

async function installed(set: PackageSet, folder: string): Promise<string> {
  const prepared = await new PythonPackages(set, USER_CACHE).prepare(
    () => undefined,
    new AbortController().signal,
  );
  if (!prepared.ok) throw new Error(prepared.failure.message);
  return join(prepared.value, folder);
}

/** Qualcomm's libraries for Linux on Arm: the HTP's and the GPU's, and the CPU's, which are in another package. */
export const armLibraries = (): Promise<string> => installed(armLinuxQnn(REPOSITORY), 'onnxruntime_qnn');
export const armCpuLibraries = (): Promise<string> => installed(armLinuxCpu, 'qai_appbuilder/libs');

/** Why nothing can be run for Linux on Arm here; undefined where it can. */
export function whyNoArm(): string | undefined {
  const qemu = spawnSync('qemu-aarch64', ['--version']);
  if (qemu.error !== undefined) return 'qemu-user is not installed';
  return existsSync(ARM_ROOT) ? undefined : 'g++-aarch64-linux-gnu is not installed';
}

/**
 * Runs a program for Linux on Arm by qemu-user. qemu 7 shows it the host's own /proc/cpuinfo, which Qualcomm's CPU
 * backend reads while it is loaded and does not survive; so `folder`, which is made, holds one of the CPU it emulates.
 */
export function runOnArm(
  folder: string,
  program: string,
  words: readonly string[],
): SpawnSyncReturns<string> {
  if (!existsSync(folder)) {
    mkdirSync(join(folder, 'proc'), { recursive: true });
    writeFileSync(join(folder, 'proc', 'cpuinfo'), CPU_INFO);
    symlinkSync(join(ARM_ROOT, 'lib'), join(folder, 'lib'));
  }
  return spawnSync('qemu-aarch64', ['-cpu', 'neoverse-n1', '-L', folder, program, ...words], {
    encoding: 'utf8',
  });
}
