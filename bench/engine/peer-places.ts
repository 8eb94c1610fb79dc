import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A tool that rwkv-build is compared with, at the version that `npm run bench:peers` installs. */
export interface PeerPackage {
  readonly program: string;
  readonly from: 'pypi' | 'npm';
  readonly package: string;
  readonly version: string;
}

/** go-task's program is called `task`. The npm package `@go-task/cli` downloads a program; the wheel holds it. */
export const PEER_PACKAGES: readonly PeerPackage[] = [
  { program: 'ninja', from: 'pypi', package: 'ninja', version: '1.13.2' },
  { program: 'task', from: 'pypi', package: 'go-task-bin', version: '3.54.0' },
  { program: 'doit', from: 'pypi', package: 'doit', version: '0.37.0' },
  { program: 'dvc', from: 'pypi', package: 'dvc', version: '3.67.1' },
  { program: 'snakemake', from: 'pypi', package: 'snakemake', version: '9.27.1' },
  { program: 'wireit', from: 'npm', package: 'wireit', version: '0.14.13' },
  { program: 'turbo', from: 'npm', package: 'turbo', version: '2.11.11' },
];

/** Where peers are installed: `$RWKV_BENCH_PEERS`, else a folder in the user's cache. */
export function peersFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const cache = environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return environment.RWKV_BENCH_PEERS ?? join(cache, 'rwkv-build-bench-peers');
}

/** A Python package has an environment of its own (DVC and snakemake don't agree); npm's share one prefix. */
export function installFolder(peers: string, peer: PeerPackage): string {
  return peer.from === 'pypi' ? join(peers, peer.package) : join(peers, 'npm');
}

export function installedProgram(peers: string, peer: PeerPackage): string {
  const programs = peer.from === 'pypi' ? 'bin' : join('node_modules', '.bin');
  return join(installFolder(peers, peer), programs, peer.program);
}

/** The program of a peer: the installed one, else one on PATH; undefined where there is none. */
export function findPeer(
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const peer = PEER_PACKAGES.find((one) => one.program === program);
  const installed = peer === undefined ? [] : [installedProgram(peersFolder(environment), peer)];
  const onPath = (environment.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  return [...installed, ...onPath].find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
