import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Project } from '../rig/project.ts';
import { shippedProject } from '../rig/shipped-project.ts';

const test = suite<{ project: Project }>('what is built for Linux on Arm');

/** ELF's e_machine of AArch64. */
const AARCH64 = 183;

/** Where Debian's cross compiler keeps the C library of the target. */
const ARM_ROOT = '/usr/aarch64-linux-gnu';

const machine = (path: string): number => readFileSync(path).readUInt16LE(18);

test.before.each((context) => {
  context.project = shippedProject();
});
test.after.each(({ project }) => project.remove());

test('is for that machine, and runs under qemu where it is installed', async ({ project }) => {
  const args = ['runtime', 'library', '--target', 'aarch64-linux', '--precision', 'a16w8'];
  const built = await project.build(args);
  assert.is(built.code, 0, built.stdout);
  const program = join(project.folder, 'out/runtime/aarch64-linux/rwkv-run');
  assert.is(machine(program), AARCH64);
  assert.is(machine(join(project.folder, 'out/runtime/aarch64-linux/librwkv_qnn.so')), AARCH64);
  const library = 'out/rwkv7-austen/a16w8/lib/aarch64-linux/librwkv7-austen_chunk1of2.so';
  assert.is(machine(join(project.folder, library)), AARCH64);

  const qemu = spawnSync('qemu-aarch64', ['-L', ARM_ROOT, program, '--version'], { encoding: 'utf8' });
  if (qemu.error !== undefined || !existsSync(ARM_ROOT)) {
    return console.log('not run under qemu: qemu-user or g++-aarch64-linux-gnu is not installed');
  }
  assert.is(qemu.status, 0, qemu.stderr);
  assert.match(qemu.stdout, /\d+\.\d+\.\d+/);
});

test.run();
