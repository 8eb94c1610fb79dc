import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../cli/package-root.ts';
import { privateApt } from '../../tasks/tools/debian-packages.ts';
import { EmulatedAdbd } from '../../tasks/tools/emulated-adbd.ts';

const test = suite<{ folder: string; path: string }>('the adbd of the emulated phone');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'rwkv-build-test-'));
  context.path = process.env.PATH ?? '';
});
test.after.each(({ folder, path }) => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that prints this. */
function program(folder: string, name: string, output: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '${output}'\n`, { mode: 0o755 });
}

test('names the programs that are missing and the command that brings them', async ({ folder }) => {
  for (const name of ['apt-get', 'dpkg-deb', 'gcc']) program(folder, name, '');
  process.env.PATH = folder;
  const version = await new EmulatedAdbd(packageRoot(), folder).version();
  assert.is(version.ok, false);
  if (version.ok) return;
  assert.is(version.failure.message, 'building adbd for the emulated phone needs dpkg-source, g++');
  assert.is(version.failure.hint, 'apt-get install -y dpkg-dev g++');
});

test("apt reads the machine's mirror of Debian 12 and writes to its own folder alone", async ({ folder }) => {
  const targets = [
    'bookworm-security main http://mirror.example/security',
    'bookworm contrib http://mirror.example/debian',
    'bookworm main http://mirror.example/debian',
  ];
  program(folder, 'apt-get', `${targets.join('\\n')}\\n`);
  process.env.PATH = `${folder}:${process.env.PATH}`;
  const apt = await privateApt(join(folder, 'apt'));
  assert.equal(apt, {
    ok: true,
    value: { command: ['apt-get', `--config-file=${folder}/apt/apt.conf`] },
  });
  assert.is(
    readFileSync(join(folder, 'apt', 'sources.list'), 'utf8'),
    'deb http://mirror.example/debian bookworm main\ndeb-src http://mirror.example/debian bookworm main\n',
  );
});

test('a machine without Debian 12 among its package sources is told so', async ({ folder }) => {
  program(folder, 'apt-get', 'trixie main http://mirror.example/debian\\n');
  process.env.PATH = `${folder}:${process.env.PATH}`;
  const apt = await privateApt(folder);
  assert.match((!apt.ok && apt.failure.message) || '', /no package source of this machine has Debian 12/);
});

test.run();
