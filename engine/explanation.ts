import type { ManifestVisitor, ResolvedFile } from './action-manifest.ts';

/** One fact of a manifest: its key tells what it is about, its value is what can change. */
export interface ManifestEntry {
  readonly key: string;
  readonly value: string;
  /** For an input: where it came from. */
  readonly origin?: string;
}

/** The visitor that keeps a manifest as a list, to be compared with that of a later build. */
export class RecordVisitor implements ManifestVisitor {
  readonly entries: ManifestEntry[] = [];

  /** The option before a value is named with it, because a position means nothing to a reader. */
  argument(index: number, text: string): void {
    const before = this.entries.at(-1)?.value ?? '';
    const option = before.startsWith('--') && !text.startsWith('--') ? ` ${before}` : '';
    this.entries.push({ key: `argument ${index}${option}`, value: text });
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

/** The difference of two manifests in words, a sentence for each fact; empty when they are equal. */
export function explainDifference(
  before: readonly ManifestEntry[],
  after: readonly ManifestEntry[],
): string[] {
  const old = new Map(before.map((entry) => [entry.key, entry]));
  const fresh = new Map(after.map((entry) => [entry.key, entry]));
  const sentences: string[] = [];
  for (const entry of after) {
    const previous = old.get(entry.key);
    if (previous === undefined) sentences.push(`${describe(entry)} is new`);
    else if (previous.value !== entry.value) sentences.push(changeSentence(previous, entry));
  }
  for (const entry of before) if (!fresh.has(entry.key)) sentences.push(`${describe(entry)} is gone`);
  return sentences;
}

function changeSentence(before: ManifestEntry, after: ManifestEntry): string {
  if (after.key.startsWith('input ')) return `${describe(after)} has another content`;
  return `${describe(after)} was \`${before.value}\``;
}

function describe(entry: ManifestEntry): string {
  if (entry.key.startsWith('input ')) {
    const path = entry.key.slice('input '.length);
    return entry.origin === undefined || entry.origin === path
      ? `input ${path}`
      : `input ${path} (from ${entry.origin})`;
  }
  if (entry.key.startsWith('output ')) return entry.key;
  return `${entry.key} \`${entry.value}\``;
}
