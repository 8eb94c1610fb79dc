import type { Digest } from '../cache/digest.ts';
import type { Action } from './action-graph.ts';
import type { Argument } from './kind.ts';

/** A file that an action will see, with where it came from in words for `why`. */
export interface ResolvedFile {
  /** Relative to the action's folder. */
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
  /** `models/a.safetensors`, `export/a/weights`, `rwkv-build: tasks/rwkv/tensors.py` */
  readonly origin: string;
}

/** What a walk over everything that decides an action's result tells its visitor, in a fixed order. */
export interface ManifestVisitor {
  /** A part of the command. Counts because another command is another result. */
  argument(index: number, text: string): void;
  /** A variable of the command's environment, which is otherwise empty. */
  environment(name: string, value: string): void;
  /** The version of a tool that the command uses and that is not an input. */
  tool(name: string, version: string): void;
  /** A fact that no input holds, such as the device that runs the command. */
  property(name: string, value: string): void;
  /** A file that the command can read: its place, content and executable bit. Not its time or owner. */
  input(file: ResolvedFile): void;
  /** A path that the command must write. Counts because other outputs are another action. */
  output(path: string, type: 'file' | 'directory'): void;
}

/** The variables that every action gets, so that no result depends on the user's language, zone or home. */
export const FIXED_ENVIRONMENT: Readonly<Record<string, string>> = {
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  SOURCE_DATE_EPOCH: '315532800',
  TZ: 'UTC',
};

/** How an argument stands in a fingerprint: a tool by its name, never by its place on this machine. */
const portableText = (argument: Argument): string =>
  typeof argument === 'string' ? argument : `{${argument.tool}}/${argument.path}`;

/**
 * The one walk over what decides an action's result. The fingerprint and the explanation are two visitors
 * of it, so neither can know of something that the other does not.
 */
export function walkManifest(
  action: Action,
  files: readonly ResolvedFile[],
  toolVersions: ReadonlyMap<string, string>,
  visitor: ManifestVisitor,
): void {
  const { spec } = action;
  for (const [index, argument] of spec.command.entries()) visitor.argument(index, portableText(argument));
  const environment: Record<string, Argument> = { ...FIXED_ENVIRONMENT, ...spec.environment };
  for (const name of Object.keys(environment).sort()) {
    visitor.environment(name, portableText(environment[name] ?? ''));
  }
  for (const name of [...spec.tools].sort()) visitor.tool(name, toolVersions.get(name) ?? '');
  for (const name of Object.keys(spec.properties).sort()) visitor.property(name, spec.properties[name] ?? '');
  for (const file of [...files].sort(byPath)) visitor.input(file);
  for (const output of [...spec.outputs].sort(byPath)) visitor.output(output.path, output.type);
}

const byPath = (left: { readonly path: string }, right: { readonly path: string }): number =>
  left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
