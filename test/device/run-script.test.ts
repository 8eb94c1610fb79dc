import { execFileSync } from 'node:child_process';
import { mkdir, readFile, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EndMarker } from '../../device/end-marker.ts';
import { runScript } from '../../device/run-script.ts';
import { runSession, type SessionEnd } from '../../device/run-session.ts';
import { isRunning, until } from '../rig/process-state.ts';
import { Captured, withFolder } from './device-place.ts';

/** mksh is Android's shell; busybox, dash and bash are those of Linux boards. */
const SHELLS: readonly (readonly string[])[] = [['dash'], ['bash', '--norc'], ['mksh'], ['busybox', 'sh']];

const PATH = process.env.PATH ?? '';

async function runIn(
  shell: readonly string[],
  folder: string,
  program: string,
  captured: Captured,
  more: { readonly path?: string; readonly timeLimitSeconds?: number } = {},
): Promise<SessionEnd> {
  const [name = '', ...words] = shell;
  const marker = new EndMarker();
  const command = ['sh', '-c', program];
  const script = runScript({ command, folder, environment: { X: "it's $X" } }, marker);
  return runSession(
    {
      program: placeOf(name) ?? name,
      arguments: [...words, '-c', script],
      environment: { PATH: more.path ?? PATH },
    },
    marker,
    captured.options({ timeLimitSeconds: more.timeLimitSeconds ?? 30 }),
  );
}

function placeOf(program: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

for (const shell of SHELLS) {
  const name = shell[0] ?? '';
  const there = placeOf(name) !== undefined;
  if (!there) console.log(`skipped, the tests in ${name}: it is not installed`);
  const inShell = there ? test : test.skip;

  inShell(
    `in ${name} a program has its folder, its environment, its exit code and nothing else on its streams`,
    () =>
      withFolder(async (folder) => {
        const place = join(await realpath(folder), "it's new");
        const captured = new Captured();
        const end = await runIn(shell, place, 'pwd; echo "$X"; cat; echo err >&2; exit 42', captured);
        assert.equal(end, { end: 'finished', exitCode: 42 });
        assert.is(captured.stdout, `${place}\nit's $X\n`);
        assert.is(captured.stderr, 'err\n');
      }),
  );

  inShell(`in ${name} a program that ends by a signal has 128 and the signal`, () =>
    withFolder(async (folder) => {
      const end = await runIn(shell, folder, 'kill -KILL $$', new Captured());
      assert.equal(end, { end: 'finished', exitCode: 137 });
    }),
  );

  inShell(`in ${name} the program and its children are ended when the input ends`, () =>
    withFolder(async (folder) => {
      const program = 'sleep 600 & echo $! >child; wait';
      const end = await runIn(shell, folder, program, new Captured(), { timeLimitSeconds: 0.3 });
      assert.is(end.end, 'time-limit');
      const child = Number(await readFile(join(folder, 'child'), 'utf8'));
      await until(() => !isRunning(child), 'the child is ended');
    }),
  );
}

test('where there is no setsid the program itself is ended all the same', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'bin');
    await mkdir(path);
    for (const program of ['env', 'mkdir', 'sleep', 'sh']) {
      await symlink(placeOf(program) ?? '', join(path, program));
    }
    const program = 'trap "echo >asked; exit" TERM; echo $$ >pid; while :; do sleep 0.05; done';
    const end = await runIn(['sh'], folder, program, new Captured(), { path, timeLimitSeconds: 0.3 });
    assert.is(end.end, 'time-limit');
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await until(() => !isRunning(pid), 'the program is ended');
    // It was asked to end before it would have been killed.
    assert.is(await readFile(join(folder, 'asked'), 'utf8'), '\n');
  }));

test('a folder that cannot be made is an exit code and words, not a silence', () =>
  withFolder(async () => {
    const captured = new Captured();
    const end = await runIn(['sh'], '/proc/none', 'true', captured);
    assert.equal(end, { end: 'finished', exitCode: 125 });
    assert.match(captured.stderr, /none/);
  }));

test.run();
