import type { ManifestVisitor, ResolvedFile } from './action-manifest.ts';
import { namedArguments } from './named-arguments.ts';

/** One fact of a manifest: its key tells what it is about, its value is what can change. */
export interface ManifestEntry {
  readonly key: string;
  readonly value: string;
  /** For an input: where it came from. */
  readonly origin?: string;
}

export type ManifestPart = 'argument' | 'environment' | 'tool' | 'property' | 'input' | 'output';

/** One difference of two manifests. */
export interface Change {
  readonly about: ManifestPart;
  /** What a reader knows it by: an option, the name of a variable or tool, the path of an input. */
  readonly name: string;
  /** Undefined: it was not there. An input's is its digest, and ` executable` after it. */
  readonly before?: string;
  /** Undefined: it is gone. */
  readonly after?: string;
  /** For an input: where it comes from. */
  readonly origin?: string;
  /** The pipeline's parameter that an argument or variable has its value from. */
  readonly parameter?: string;
  /** For an input: the action that made it. */
  readonly action?: string;
  /** What had changed for that action in turn. Absent where it is not known, empty where nothing had. */
  readonly because?: readonly Change[];
}

/** The visitor that keeps a manifest as a list, to be compared with that of a later build. */
export class RecordVisitor implements ManifestVisitor {
  readonly entries: ManifestEntry[] = [];

  argument(index: number, text: string): void {
    this.entries.push({ key: `argument ${index}`, value: text });
  }

  environment(name: string, value: string): void {
    this.entries.push({ key: `environment ${name}`, value });
  }

  tool(name: string, version: string): void {
    this.entries.push({ key: `tool ${name}`, value: version });
  }

  property(name: string, value: string): void {
    this.entries.push({ key: `property ${name}`, value });
  }

  input(file: ResolvedFile): void {
    const value = `${file.digest.hash}${file.executable ? ' executable' : ''}`;
    this.entries.push({ key: `input ${file.path}`, value, origin: file.origin });
  }

  output(path: string, type: 'file' | 'directory'): void {
    this.entries.push({ key: `output ${path}`, value: type });
  }
}

/** What an entry is about, and its name. */
export function partOf(entry: ManifestEntry): { readonly about: ManifestPart; readonly name: string } {
  const end = entry.key.indexOf(' ');
  return { about: entry.key.slice(0, end) as ManifestPart, name: entry.key.slice(end + 1) };
}

/** Everything in which two manifests differ; empty when they are equal. */
export function manifestChanges(
  before: readonly ManifestEntry[],
  after: readonly ManifestEntry[],
): readonly Change[] {
  const changes: Change[] = [];
  const old = facts(before);
  const fresh = facts(after);
  for (const [key, fact] of fresh) {
    const previous = old.get(key);
    if (previous?.value === fact.value) continue;
    const { about, name, value, origin } = fact;
    changes.push({
      about,
      name,
      ...(previous === undefined ? {} : { before: previous.value }),
      after: value,
      ...(origin === undefined ? {} : { origin }),
    });
  }
  for (const [key, { about, name, value, origin }] of old) {
    if (!fresh.has(key))
      changes.push({ about, name, before: value, ...(origin === undefined ? {} : { origin }) });
  }
  return changes.length > 0 ? changes : orderChange(before, after);
}

interface Fact {
  readonly about: ManifestPart;
  readonly name: string;
  readonly value: string;
  readonly origin: string | undefined;
}

/** The entries by what a reader knows them by: the position of an argument means nothing to anybody. */
function facts(entries: readonly ManifestEntry[]): Map<string, Fact> {
  const found = new Map<string, Fact>();
  for (const { name, value } of namedArguments(argumentsOf(entries)))
    found.set(`argument ${name}`, { about: 'argument', name, value, origin: undefined });
  for (const entry of entries) {
    const { about, name } = partOf(entry);
    if (about !== 'argument') found.set(entry.key, { about, name, value: entry.value, origin: entry.origin });
  }
  return found;
}

/** The same arguments in another order are another command. */
function orderChange(before: readonly ManifestEntry[], after: readonly ManifestEntry[]): readonly Change[] {
  const [old, fresh] = [argumentsOf(before).join(' '), argumentsOf(after).join(' ')];
  return old === fresh ? [] : [{ about: 'argument', name: 'order', before: old, after: fresh }];
}

export const argumentsOf = (entries: readonly ManifestEntry[]): readonly string[] =>
  entries.filter(({ key }) => key.startsWith('argument ')).map(({ value }) => value);
