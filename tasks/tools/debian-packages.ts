import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { programOutput } from './program-probe.ts';

/** The release whose packages are pinned. */
const RELEASE = 'bookworm';

/**
 * apt with a folder of its own for everything that it writes: the user's sources, lists and cache stay as they are,
 * and no right to install anything is needed. The mirror is the one that the machine's own sources name.
 */
export interface PrivateApt {
  /** The start of every command. */
  readonly command: readonly string[];
}

/** Fails with `environment-missing` where the machine's package sources do not have Debian 12. */
export async function privateApt(folder: string): Promise<Result<PrivateApt, Failure>> {
  const format = '$(CODENAME) $(COMPONENT) $(SITE)';
  const targets = await programOutput('apt-get', 'indextargets', '--format', format, 'Created-By: Packages');
  const found = (targets ?? '')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([codename, component]) => codename === RELEASE && component === 'main');
  const mirror = found?.[2];
  if (mirror === undefined) {
    return fail({
      kind: 'environment-missing',
      tool: 'apt-get',
      message: `no package source of this machine has Debian 12 (${RELEASE} main)`,
      hint: 'run on Debian 12, or in a container of it',
    });
  }
  for (const part of ['lists/partial', 'archives/partial']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  const sources = ['deb', 'deb-src'].map((type) => `${type} ${mirror} ${RELEASE} main\n`).join('');
  await writeFile(join(folder, 'sources.list'), sources);
  const configuration = join(folder, 'apt.conf');
  await writeFile(configuration, aptConfiguration(folder));
  return ok({ command: ['apt-get', `--config-file=${configuration}`] });
}

function aptConfiguration(folder: string): string {
  return [
    `Dir::Etc::SourceList "${folder}/sources.list";`,
    'Dir::Etc::SourceParts "/dev/null";',
    `Dir::State::Lists "${folder}/lists";`,
    `Dir::Cache "${folder}";`,
    `Dir::Cache::Archives "${folder}/archives";`,
    // As root, apt would fetch as another user, who cannot write here.
    'APT::Sandbox::User "root";',
    // What the machine does after its own updates.
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    '#clear DPkg::Post-Invoke;',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
    '',
  ].join('\n');
}
