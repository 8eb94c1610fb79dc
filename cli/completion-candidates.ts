import type { Command, Option } from 'commander';
import { shippedPrecisions } from '../tasks/shipped-precisions.ts';
import { SOCS } from '../tasks/soc-table.ts';
import { TARGETS } from '../tasks/tools/native-compilers.ts';
import { type Candidate, plain } from './completion-candidate.ts';
import { packageRoot } from './package-root.ts';
import type { PipelineNames } from './pipeline-names.ts';

/** What may stand in the place of the last of `words` (the others come before it, without `rwkv-build`). */
export async function completionCandidates(
  program: Command,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const named = program.commands.find((command) => before.includes(command.name()));
  const command = named ?? program.commands.find((one) => one.name() === 'build');
  const previous = before.at(-1) ?? '';
  const option = command?.options.find(
    ({ short, long }) => previous !== '' && [short, long].includes(previous),
  );
  const takesValue = option !== undefined && (option.required || option.optional);
  const candidates = takesValue
    ? await optionValues(option, current, before)
    : current.startsWith('-')
      ? optionNames(program, command)
      : await argumentValues(program, named, before);
  return candidates.filter(({ name }) => name.startsWith(current));
}

function optionNames(program: Command, command: Command | undefined): Candidate[] {
  const options = [...(command?.options ?? []), ...program.options].filter(({ hidden }) => !hidden);
  const names = options.map(({ long, description }) => ({ name: long ?? '', description }));
  return [...names, { name: '--help', description: 'display help for command' }];
}

async function optionValues(
  option: Option,
  current: string,
  before: readonly string[],
): Promise<readonly Candidate[]> {
  if (option.argChoices !== undefined) return plain(option.argChoices);
  // In a list that is separated by commas the last part is the one to be completed.
  const head = current.slice(0, current.lastIndexOf(',') + 1);
  const listed = (candidates: readonly Candidate[]): Candidate[] =>
    candidates.map(({ name, description }) => ({ name: head + name, description }));
  switch (option.attributeName()) {
    case 'soc':
      return listed(plain(SOCS.map(({ name }) => name)));
    case 'precision':
      return listed(await precisionsFor(before));
    case 'target':
      return listed(plain(TARGETS));
    case 'device':
      return plain(['auto', 'emulator', 'adb']);
    case 'model':
      return listed((await namesFor(before)).models);
    case 'set':
      return (await namesFor(before)).params;
    default:
      return [];
  }
}

async function argumentValues(
  program: Command,
  named: Command | undefined,
  before: readonly string[],
): Promise<readonly Candidate[]> {
  const [argument] = (named ?? program.commands[0])?.registeredArguments ?? [];
  const commands =
    named === undefined && !before.some((word) => !word.startsWith('-'))
      ? program.commands
          .filter((command) => !(command as Command & { readonly _hidden?: boolean })._hidden)
          .map((command) => ({ name: command.name(), description: command.description() }))
      : [];
  if (argument?.argChoices !== undefined) return plain(argument.argChoices);
  const takesTargets = argument !== undefined && /^(targets?|tasks?)\b/.test(argument.name());
  return [...commands, ...(takesTargets ? (await namesFor(before)).targets : [])];
}

async function precisionsFor(before: readonly string[]): Promise<readonly Candidate[]> {
  const { precisions } = await namesFor(before);
  const shipped = Object.keys(await shippedPrecisions(packageRoot()));
  const own = new Set(precisions.map(({ name }) => name));
  return [...precisions, ...plain(shipped.filter((name) => !own.has(name)))];
}

async function namesFor(before: readonly string[]): Promise<PipelineNames> {
  const at = before.findLastIndex((word) => word === '-f' || word === '--file');
  const { pipelineNames } = await import('./pipeline-names.ts');
  return pipelineNames(at < 0 ? 'rwkv.pipeline.yaml' : (before[at + 1] ?? ''));
}
