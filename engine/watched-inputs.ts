import { existsSync, type Stats } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import type { ActionGraph } from './action-graph.ts';
import { isGlob } from './input-listing.ts';

interface WatchedGlob {
  /** The deepest folder that every match lies in. */
  readonly base: string;
  readonly matches: (path: string) => boolean;
}

/** Which files of the user's a build depends on: the pipeline file and what its actions declare. */
export class WatchedInputs {
  /** The folders to look into; together with `ignores` they reach every input, also those that come later. */
  readonly roots: readonly string[];
  readonly #out: string;
  readonly #places: ReadonlySet<string>;
  readonly #ways: ReadonlySet<string>;
  readonly #globs: readonly WatchedGlob[];
  readonly #patterns: readonly string[];

  /** `folder` is the pipeline file's; without a graph only that file is watched. */
  constructor(pipelineFile: string, folder: string, graph?: ActionGraph) {
    const paths = projectPaths(graph);
    this.#out = join(folder, 'out');
    this.#patterns = paths.filter(isGlob);
    this.#globs = this.#patterns.map((pattern) => {
      const match = picomatch(pattern, { dot: true });
      return {
        base: resolve(folder, picomatch.scan(pattern).base),
        matches: (path) => match(relative(folder, path).split(sep).join('/')),
      };
    });
    const places = paths.filter((path) => !isGlob(path)).map((path) => resolve(folder, path));
    this.#places = new Set([resolve(pipelineFile), ...places]);
    const ends = [...this.#places, ...this.#globs.map(({ base }) => join(base, '*'))];
    this.#ways = new Set(ends.flatMap(foldersAbove));
    this.roots = outermost(
      ends.map((end) => (isInside(end, folder) ? folder : existingFolder(dirname(end)))),
    );
  }

  /** How many files, folders and globs are watched. */
  get count(): number {
    return this.#places.size + this.#globs.length;
  }

  /** Whether the same is watched. */
  equals(other: WatchedInputs): boolean {
    return this.#key() === other.#key();
  }

  /** Whether a change of the file at a path is a change of an input. */
  covers(path: string): boolean {
    if (isInside(path, this.#out)) return false;
    if (this.#places.has(path)) return true;
    return this.#isInFolder(path) || this.#globs.some(({ matches }) => matches(path));
  }

  /** Whether nothing at a path or below it can be an input; without its status a path may be a folder. */
  ignores(path: string, status?: Stats): boolean {
    if (isInside(path, this.#out)) return true;
    if (this.#ways.has(path) || this.covers(path)) return false;
    const mayLeadOn = status === undefined || status.isDirectory();
    return !(mayLeadOn && this.#globs.some(({ base }) => isInside(path, base)));
  }

  /** An input may be a folder: everything in it counts, except what Python leaves there by itself. */
  #isInFolder(path: string): boolean {
    if (path.includes(`${sep}__pycache__${sep}`)) return false;
    return foldersAbove(path).some((folder) => this.#places.has(folder));
  }

  #key(): string {
    return JSON.stringify([[...this.#places].sort(), [...this.#patterns].sort(), this.roots]);
  }
}

/** The user's files, folders and globs that the actions declare, each once. */
function projectPaths(graph: ActionGraph | undefined): readonly string[] {
  const paths = new Set<string>();
  for (const { spec } of graph?.actions.values() ?? []) {
    for (const { source } of spec.inputs) if (source.from === 'project') paths.add(source.path);
  }
  return [...paths];
}

const isInside = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = dirname(path); folders.at(-1) !== at; at = dirname(at)) folders.push(at);
  return folders;
}

function existingFolder(folder: string): string {
  return foldersAbove(join(folder, '*')).find((one) => existsSync(one)) ?? folder;
}

/** Folders without those that lie in another of them. */
function outermost(folders: readonly string[]): readonly string[] {
  const unique = [...new Set(folders)].sort();
  return unique.filter((folder) => !unique.some((other) => other !== folder && isInside(folder, other)));
}
