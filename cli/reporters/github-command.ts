import { relative, resolve } from 'node:path';
import type { Failure } from '../../engine/failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/*
 * Workflow commands: lines that GitHub's runner takes for itself
 * (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
 */

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function command(name: string, properties: Readonly<Record<string, string | number>>, text: string): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name}${pairs.length === 0 ? '' : ` ${pairs.join(',')}`}::${escapeData(text)}`;
}

/** A failure as an annotation, at its place in the user's file where it has one. */
export function errorCommand(failure: Failure, title: string, environment: Environment): string {
  const hint = failure.hint === undefined ? '' : `\n${failure.hint}`;
  const { location } = failure;
  if (location === undefined) return command('error', { title }, `${failure.message}${hint}`);
  const { file, line, column, length } = location;
  const place = { file: repositoryPath(file, environment), line, col: column, endColumn: column + length };
  return command('error', { ...place, title }, `${failure.message}${hint}`);
}

export const warningCommand = (text: string): string => command('warning', { title: 'rwkv-build' }, text);

/** Lines that can be folded away. Whatever they say, GitHub takes none of them for a command. */
export function groupCommands(title: string, lines: readonly string[]): readonly string[] {
  const token = crypto.randomUUID().replaceAll('-', '');
  return [command('group', {}, title), `::stop-commands::${token}`, ...lines, `::${token}::`, '::endgroup::'];
}

/** GitHub finds files by their path in the repository, wherever the build was started. */
function repositoryPath(file: string, environment: Environment): string {
  const root = environment.GITHUB_WORKSPACE ?? '';
  const inside = root === '' ? '..' : relative(root, resolve(file));
  return inside.startsWith('..') ? file : inside;
}
