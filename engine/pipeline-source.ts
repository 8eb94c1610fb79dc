import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Failure, SourceLocation } from './failure.ts';
import type { Value } from './kind.ts';
import { fail, ok, type Result } from './result.ts';
import { KeyIndex, repeatedKeys } from './yaml-keys.ts';
import { yamlProblem } from './yaml-problem.ts';

/** A pipeline is text written by people; whoever hands in a model's weights should hear of it soon. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** The first few are wrong; what comes after is mostly what they led to. */
const MOST_SYNTAX_ERRORS = 10;

/** Where a part of a path lies in the text: `key` is the name, `value` what it names. */
type Part = 'key' | 'value';

/** The text of a pipeline file with the place of everything in it. */
export class PipelineSource {
  /** As it was given, so that messages show what the user typed. */
  readonly file: string;
  readonly text: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #keys = new KeyIndex();

  private constructor(file: string, text: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.text = text;
    this.#document = document;
    this.#lines = lines;
  }

  /** Reads and parses a file. Every failure is a `pipeline-invalid`; those of the syntax have a place. */
  static async read(file: string): Promise<Result<PipelineSource, readonly Failure[]>> {
    const text = await readText(file);
    return text.ok ? PipelineSource.parse(file, text.value) : fail([text.failure]);
  }

  /** Parses text that `file` is said to hold. */
  static parse(file: string, text: string): Result<PipelineSource, readonly Failure[]> {
    const lines = new LineCounter();
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      merge: true,
      uniqueKeys: false,
    });
    const source = new PipelineSource(file, text, document, lines);
    const problems = [...document.errors, ...document.warnings, ...repeatedKeys(document)]
      .slice(0, MOST_SYNTAX_ERRORS)
      .map((error): Failure => {
        const [start, end] = error.pos;
        return { kind: 'pipeline-invalid', ...yamlProblem(error, text), location: source.#range(start, end) };
      });
    return problems.length > 0 ? fail(problems) : ok(source);
  }

  /** What the text says, as plain values; `null` for an empty file. */
  value(): Result<Value, readonly Failure[]> {
    try {
      const value = this.#document.toJS() as Value;
      const reason = obstacle(value, []);
      if (reason === undefined) return ok(value ?? null);
      return fail([
        { kind: 'pipeline-invalid', message: reason.message, location: this.locate(reason.path, 'key') },
      ]);
    } catch (error) {
      // Thrown for an alias without an anchor, and against a few lines of aliases that stand for gigabytes.
      if (!(error instanceof ReferenceError)) throw error;
      return fail([this.#aliasFailure()]);
    }
  }

  /**
   * The place of what a path of keys and indices leads to, through aliases and merged maps. Where the path
   * leads nowhere, the place of the last part that is there: an absent key is shown at the map that lacks it.
   */
  locate(path: readonly (string | number)[], part: Part): SourceLocation {
    let node: Node | null = this.#document.contents;
    let key: Node | null = null;
    for (const step of path) {
      const next = this.#child(node, step);
      // A map without the key is shown by its own name; a text in the place of a list is what is meant.
      if (next === undefined) return this.#locationOf(key, node, isCollection(node) ? 'key' : part);
      ({ key, node } = next);
    }
    return this.#locationOf(key, node, part);
  }

  #aliasFailure(): Failure {
    let lost: Alias | undefined;
    visit(this.#document, {
      Alias: (_key, alias) => {
        if (alias.resolve(this.#document) !== undefined) return undefined;
        lost = alias;
        return visit.BREAK;
      },
    });
    if (lost === undefined) {
      return {
        kind: 'pipeline-invalid',
        message: `${this.file} uses aliases (\`*name\`) far too often`,
        hint: 'Write the values out.',
      };
    }
    return {
      kind: 'pipeline-invalid',
      message: `no anchor \`&${lost.source}\` comes before the alias \`*${lost.source}\``,
      hint: 'A text that begins with `*` or `&` needs quotes.',
      location: this.#locationOf(null, lost, 'value'),
    };
  }

  #child(node: Node | null, step: string | number): { key: Node | null; node: Node | null } | undefined {
    const resolved = this.#resolved(node);
    if (isSeq(resolved)) {
      const item = typeof step === 'number' ? resolved.items[step] : undefined;
      return item === undefined || isPair(item) ? undefined : { key: null, node: item as Node | null };
    }
    if (!isMap(resolved)) return undefined;
    const pairs = resolved.items as Pair<Node, Node | null>[];
    const own = this.#keys.pairOf(resolved, String(step));
    if (own !== undefined) return { key: own.key, node: own.value };
    for (const pair of pairs) {
      if (!isScalar(pair.key) || pair.key.source !== '<<') continue;
      const merged = this.#resolved(pair.value);
      for (const one of isSeq(merged) ? (merged.items as Node[]) : [merged]) {
        const found = this.#child(one, step);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }

  #locationOf(key: Node | null, node: Node | null, part: Part): SourceLocation {
    // A block of lines is shown by its name: underlining its first line would point at something else.
    const block = isCollection(node) && node.flow !== true;
    const empty = node?.range == null || node.range[0] === node.range[1];
    const shown = key !== null && (part === 'key' || block || empty) ? key : node;
    const [start, end] = shown?.range ?? [0, 0];
    return this.#range(start, end);
  }

  #range(start: number, end: number): SourceLocation {
    const { line, col } = this.#lines.linePos(Math.min(start, this.text.length));
    const begins = start - (col - 1);
    const newline = this.text.indexOf('\n', begins);
    const excerpt = this.text.slice(begins, newline < 0 ? undefined : newline).replace(/\r$/, '');
    const marked = excerpt.slice(col - 1, col - 1 + Math.max(0, end - start)).trimEnd();
    return {
      file: this.file,
      line,
      column: [...excerpt.slice(0, col - 1)].length + 1,
      length: Math.max(1, [...marked].length),
      excerpt,
    };
  }
}

/** Why a value cannot go on as JSON: numbers that aren't any, and structures that contain themselves. */
function obstacle(
  value: Value,
  path: readonly (string | number)[],
  above: readonly object[] = [],
): { message: string; path: readonly (string | number)[] } | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { message: '`.inf` and `.nan` are not numbers to build with', path };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (above.includes(value))
    return { message: 'an alias (`*name`) stands inside what it is the name of', path };
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key;
    const reason = obstacle(inner as Value, [...path, step], [...above, value]);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

async function readText(file: string): Promise<Result<string>> {
  const refuse = (message: string, hint?: string): Result<string> =>
    fail({ kind: 'pipeline-invalid', message, ...(hint === undefined ? {} : { hint }) });
  let bytes: Buffer;
  try {
    const handle = await open(file, 'r');
    try {
      const status = await handle.stat();
      if (status.isDirectory()) {
        return refuse(
          `${file} is a folder, not a pipeline file`,
          `Name the file, such as ${file}/rwkv.pipeline.yaml`,
        );
      }
      if (status.size > LARGEST_BYTES) return refuse(`${file} is too large to be a pipeline file`);
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return refuse(`${file} is not there`, 'Run `rwkv-build init` to make one, or name another file.');
    }
    if (code === 'EACCES') return refuse(`${file} cannot be read: permission is denied`);
    if (typeof code === 'string') return refuse(`${file} cannot be read: ${code}`);
    throw error;
  }
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) return refuse(`${file} is UTF-16 text`, 'Save it as UTF-8.');
  if (!isUtf8(bytes)) return refuse(`${file} is not UTF-8 text`, 'Save it as UTF-8.');
  // A byte order mark says nothing in UTF-8 and would shift every column of the first line.
  return ok(bytes.toString('utf8').replace(/^\uFEFF/, ''));
}
