import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Failure } from './failure.ts';
import type { Reach } from './kind.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * How much of the machine a command is kept from. `standard`: its folder holds its declared inputs and nothing
 * else. `strict`: the rest of the file system and the network are hidden as well. It keeps mistakes out and does
 * not decide a right result, so it is in no fingerprint.
 */
export const SANDBOX_LEVELS = ['standard', 'strict'] as const;
export type SandboxLevel = (typeof SANDBOX_LEVELS)[number];

/** What a command in a strict sandbox sees beside the system. All paths are absolute. */
export interface SandboxView {
  /** The action's folder, where it runs, and its HOME. */
  readonly root: string;
  readonly home: string;
  /** Hidden also where they lie in a folder of the system: the user's folder, the store. */
  readonly hidden: readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly reach: Reach | undefined;
}

const INSTALL = 'apt-get install -y bubblewrap';

/** Top folders that are links into /usr on most systems, and folders of their own on others. */
const SYSTEM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** What programs need of /etc to find libraries, users and the time. */
const ETC = [
  'alternatives',
  'group',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'nsswitch.conf',
  'passwd',
];

/** What they need to reach other machines, and to know whom they reached. */
const NETWORK_ETC = [
  'ca-certificates',
  'gai.conf',
  'hosts',
  'pki',
  'protocols',
  'resolv.conf',
  'services',
  'ssl',
];

/** A command as `bwrap` has to be called for it. */
export function strictCommand(
  bubblewrap: string,
  command: readonly string[],
  view: SandboxView,
): readonly string[] {
  return [
    bubblewrap,
    ...machineArguments(view.reach),
    ...view.hidden.filter((path) => path.startsWith('/usr/')).flatMap((path) => ['--tmpfs', path]),
    ...view.reads.filter(isOutsideSystem).flatMap((path) => ['--ro-bind', path, path]),
    ...[...view.writes, view.home, view.root].flatMap((path) => ['--bind', path, path]),
    ...['--remount-ro', '/', '--chdir', view.root, '--', ...command],
  ];
}

/** Namespaces of its own, and the system without anything of the user's. */
function machineArguments(reach: Reach | undefined): readonly string[] {
  const network = reach === 'network';
  return [
    // Of its processes none outlives it, and root has no capability to write to read-only inputs with.
    ...['--unshare-all', ...(network ? ['--share-net'] : []), '--die-with-parent', '--cap-drop', 'ALL'],
    ...systemMounts(),
    ...etcMounts(network ? [...ETC, ...NETWORK_ETC] : ETC),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
  ];
}

/** What lies in the system is there already. */
function isOutsideSystem(path: string): boolean {
  return !['/usr', ...SYSTEM_FOLDERS].some((folder) => path === folder || path.startsWith(`${folder}/`));
}

function systemMounts(): readonly string[] {
  return [
    '--ro-bind',
    '/usr',
    '/usr',
    ...SYSTEM_FOLDERS.filter((path) => existsSync(path)).flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
    ),
  ];
}

function etcMounts(names: readonly string[]): readonly string[] {
  const paths = names.map((name) => `/etc/${name}`).filter((path) => existsSync(path));
  return paths.flatMap((path) => ['--ro-bind', path, path]);
}

let found: Promise<Result<string, Failure>> | undefined;

/** The path of `bwrap`, proven to work; looked for once. Fails with `environment-missing`. */
export function findBubblewrap(): Promise<Result<string, Failure>> {
  found ??= proveBubblewrap(process.env.PATH ?? '');
  return found;
}

async function proveBubblewrap(searchPath: string): Promise<Result<string, Failure>> {
  const program = searchPath
    .split(delimiter)
    .map((folder) => join(folder, 'bwrap'))
    .find(isExecutable);
  if (program === undefined) {
    return fail(missing('a strict sandbox needs bubblewrap, and `bwrap` is not on this machine', INSTALL));
  }
  const complaint = await complaintOf(program, [...machineArguments(undefined), '--', '/usr/bin/true']);
  if (complaint === undefined) return ok(program);
  return fail(
    missing(
      `this system does not let ${userName()} make the namespaces that a strict sandbox consists of: ${complaint}`,
      'build with --sandbox standard; or allow it: `sysctl -w kernel.unprivileged_userns_clone=1` (Debian), `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu), `--privileged` (in a container)',
    ),
  );
}

/** What a program says that does not succeed; undefined when it does. */
async function complaintOf(program: string, args: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise<number | string | null>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? null));
    child.on('close', resolve);
  });
  return code === 0 ? undefined : said.trim().split('\n')[0] || `${program} ended with ${code}`;
}

/** Why a strict sandbox did not come about, where `bwrap` itself complains and not the command in it. */
export function sandboxFailure(action: string, said: string): Failure | undefined {
  const complaint = /^bwrap: (.*)$/m.exec(said)?.[1];
  if (complaint === undefined) return undefined;
  const program = /^execvp (.*): /.exec(complaint)?.[1];
  if (program === undefined)
    return missing(`${action}: its sandbox could not be made: ${complaint}`, INSTALL);
  return {
    kind: 'environment-missing',
    tool: program,
    message: `${action}: its program \`${program}\` could not be started in the strict sandbox`,
    hint: 'only /usr, its declared inputs and tools are there; --sandbox standard shows the whole machine',
  };
}

/** How programs say that they have no network; commands run with English messages. */
const NO_NETWORK =
  /could not resolve|network is unreachable|name resolution|name or service not known|ENOTFOUND|EAI_AGAIN|ENETUNREACH/i;

/** A failure for the lack of a network, with what lets a task have one. */
export function withNetworkHint(failure: Failure, said: string): Failure {
  if (failure.kind !== 'action-failed' || !NO_NETWORK.test(said)) return failure;
  return { ...failure, hint: 'a strict sandbox has no network: `reach: network` in the task gives it one' };
}

const missing = (message: string, hint: string): Failure => ({
  kind: 'environment-missing',
  tool: 'bubblewrap',
  message,
  hint,
});

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function userName(): string {
  return process.getuid?.() === 0 ? 'root' : 'an ordinary user';
}
