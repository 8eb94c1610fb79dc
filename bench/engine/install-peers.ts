/** `npm run bench:peers`: installs the peers that `bench:engine` measures beside rwkv-build, at fixed versions. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { $ } from 'zx';
import {
  installedProgram,
  installFolder,
  PEER_PACKAGES,
  type PeerPackage,
  peersFolder,
} from './peer-places.ts';

async function install(peer: PeerPackage, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  if (peer.from === 'pypi') {
    await $`python3 -m venv ${folder}`;
    const pip = [join(folder, 'bin', 'python'), '-m', 'pip', 'install', '--quiet'];
    await $`${pip} --disable-pip-version-check ${`${peer.package}==${peer.version}`}`;
  } else {
    await $`npm install --prefix ${folder} --no-audit --no-fund --save-exact ${`${peer.package}@${peer.version}`}`;
  }
}

$.quiet = true;
const peers = peersFolder(process.env);
let missing = 0;
for (const peer of PEER_PACKAGES) {
  const name = `${peer.package} ${peer.version}`;
  if (existsSync(installedProgram(peers, peer))) {
    console.log(`${name}: there already`);
    continue;
  }
  try {
    await install(peer, installFolder(peers, peer));
    console.log(`${name}: installed`);
  } catch (error) {
    missing += 1;
    console.error(`${name}: could not be installed\n${String(error)}`);
  }
}
console.log(`peers are in ${peers}`);
process.exitCode = missing === 0 ? 0 : 1;
