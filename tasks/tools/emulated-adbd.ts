import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Failure } from '../../engine/failure.ts';
import type { Tool } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import {
  ADBD_EDITS,
  ADBD_LIBRARIES,
  ADBD_LIBRARY,
  ADBD_SOURCE,
  type AdbdFolders,
  adbdCompilations,
  adbdLinks,
} from './adbd-recipe.ts';
import { privateApt } from './debian-packages.ts';
import { installerCommand } from './installer-command.ts';
import { keptFolder } from './kept-folder.ts';
import { findProgram } from './program-probe.ts';

/** Debian's packages of the programs that a build of adbd runs. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  'dpkg-source': 'dpkg-dev',
  gcc: 'g++',
  'g++': 'g++',
};

type Run = (doing: string, command: readonly string[], cwd: string) => Promise<Failure | undefined>;

/**
 * The adbd of the emulated phone: Android's own, for x86-64 Linux, compiled here from Debian's source package, once
 * for a recipe. The folder holds it, a `sha256sum` such as Android's, and the library that both need.
 */
export class EmulatedAdbd implements Tool {
  readonly name = 'adbd';
  private readonly own: string;
  private readonly cacheRoot: string;

  constructor(packageRoot: string, cacheRoot: string) {
    this.own = join(packageRoot, 'tasks', 'tools', 'adbd');
    this.cacheRoot = cacheRoot;
  }

  /** Says what is missing on this machine, whether or not it has been built. */
  async version(): Promise<Result<string, Failure>> {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      return fail({
        kind: 'environment-missing',
        tool: this.name,
        message: `the emulated phone is x86-64 Linux, this machine is ${process.platform} ${process.arch}`,
      });
    }
    const missing: string[] = [];
    for (const program of Object.keys(PROGRAMS)) {
      if ((await findProgram(program)) === undefined) missing.push(program);
    }
    if (missing.length === 0) return ok(`${ADBD_SOURCE} ${await this.key()}`);
    const packages = new Set(missing.map((program) => PROGRAMS[program] ?? program));
    return fail({
      kind: 'environment-missing',
      tool: this.name,
      message: `building adbd for the emulated phone needs ${missing.join(', ')}`,
      hint: `apt-get install -y ${[...packages].join(' ')}`,
    });
  }

  /** Where it lies, or will. */
  async folder(): Promise<string> {
    return join(this.cacheRoot, 'environments', `adbd-${await this.key()}`);
  }

  async prepare(progress: (line: string) => void, signal: AbortSignal): Promise<Result<string, Failure>> {
    return keptFolder(await this.folder(), async (temporary) => {
      const able = await this.version();
      if (!able.ok) return able.failure;
      progress(
        'building adbd of the emulated phone, once (fetches 100 MB, then compiles for one or two minutes)',
      );
      return buildAdbd(this.own, temporary, progress, signal);
    });
  }

  private async key(): Promise<string> {
    const folders = { source: 'source', libraries: 'libraries', own: 'own', objects: 'objects' };
    const hash = createHash('sha256').update(
      JSON.stringify([
        ADBD_SOURCE,
        ADBD_LIBRARIES,
        ADBD_EDITS,
        adbdCompilations(folders),
        adbdLinks(folders, ''),
      ]),
    );
    for (const file of ['main.cpp', 'sha256sum.cpp', 'sys/capability.h'])
      hash.update(await readFile(join(this.own, file)));
    return hash.digest('hex').slice(0, 16);
  }
}

async function buildAdbd(
  own: string,
  to: string,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const work = join(to, 'work');
  await mkdir(join(work, 'objects'), { recursive: true });
  const run: Run = async (doing, command, cwd) => {
    const ended = await installerCommand({ command, cwd, onLine: () => {}, signal });
    return ended.end === 'done' ? undefined : failureOf(doing, ended);
  };
  progress('  fetching the source');
  const fetched = await fetchSource(work, run);
  if (!fetched.ok) return fetched.failure;
  const folders = { ...fetched.value, own, objects: join(work, 'objects') };
  const edited = await editSource(folders.source);
  if (edited !== undefined) return edited;
  progress('  compiling');
  const failure = (await compileAll(folders, run)) ?? (await linkAll(folders, to, run));
  if (failure !== undefined) return failure;
  await copyFile(
    join(folders.libraries, 'usr/lib/x86_64-linux-gnu/android', ADBD_LIBRARY),
    join(to, ADBD_LIBRARY),
  );
  await rm(work, { recursive: true });
  return undefined;
}

/** Fetches the packages, their signatures checked by apt, and unpacks them. */
async function fetchSource(
  work: string,
  run: Run,
): Promise<Result<Pick<AdbdFolders, 'source' | 'libraries'>, Failure>> {
  const apt = await privateApt(join(work, 'apt'));
  if (!apt.ok) return apt;
  const libraries = join(work, 'libraries');
  const failure =
    (await run('reading the lists of packages', [...apt.value.command, 'update'], work)) ??
    (await run('fetching the source', [...apt.value.command, 'source', ADBD_SOURCE], work)) ??
    (await run('fetching its libraries', [...apt.value.command, 'download', ...ADBD_LIBRARIES], work));
  if (failure !== undefined) return fail(failure);
  const files = await readdir(work);
  for (const file of files.filter((name) => name.endsWith('.deb'))) {
    const unpacked = await run('unpacking its libraries', ['dpkg-deb', '-x', file, libraries], work);
    if (unpacked !== undefined) return fail(unpacked);
  }
  const [name = '', version = ''] = ADBD_SOURCE.split('=');
  return ok({ source: join(work, `${name}-${version.split('-')[0]}`), libraries });
}

async function editSource(source: string): Promise<Failure | undefined> {
  for (const edit of ADBD_EDITS) {
    const path = join(source, edit.file);
    const text = await readFile(path, 'utf8');
    // The version is pinned: what is not there was never looked at.
    if (!text.includes(edit.find)) throw new Error(`${edit.file} has no \`${edit.find}\``);
    await writeFile(path, text.replaceAll(edit.find, edit.replace));
  }
  return undefined;
}

async function compileAll(folders: AdbdFolders, run: Run): Promise<Failure | undefined> {
  const queue = new PQueue({ concurrency: availableParallelism() });
  let failed: Failure | undefined;
  for (const { command } of adbdCompilations(folders)) {
    void queue.add(async () => {
      const ended = failed ?? (await run('compiling', command, folders.source));
      failed ??= ended;
    });
  }
  await queue.onIdle();
  return failed;
}

async function linkAll(folders: AdbdFolders, to: string, run: Run): Promise<Failure | undefined> {
  for (const command of adbdLinks(folders, to)) {
    const failure = await run('linking', command, folders.source);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function failureOf(
  doing: string,
  ended: Exclude<Awaited<ReturnType<typeof installerCommand>>, { end: 'done' }>,
): Failure {
  if (ended.end === 'interrupted') {
    return { kind: 'interrupted', signal: 'SIGINT', message: '`adbd` was not made ready: interrupted' };
  }
  return {
    kind: 'environment-missing',
    tool: 'adbd',
    message: `adbd for the emulated phone could not be built: ${doing} failed (exit code ${ended.exitCode}):\n${ended.tail}`,
    hint: 'check that apt reaches its mirror and that the disk has 1 GB free, then run the same command again',
  };
}
