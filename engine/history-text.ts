import type { HistoryEntry, HistoryFailure } from './action-history.ts';
import { type ParsedLine, parseLine } from './history-line.ts';

const NEWLINE = 0x0a;

/**
 * The lines of a history as they stand in its file. What is asked of one action is found by searching backwards
 * for its id: most builds ask for few, and reading thousands of lines would take most of their time.
 */
export class HistoryText {
  readonly bytes: Buffer;
  private readonly added: string[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Puts a line, without its newline, after the others. */
  add(line: string): void {
    this.added.push(line);
  }

  /** The last result of an action. */
  last(id: string): HistoryEntry | undefined {
    for (const line of this.linesOf(id)) {
      if (line.type === 'failed') continue;
      const result = line.type === 'result' ? line.result : this.result(id, line.fingerprint);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  result(id: string, fingerprint: string): HistoryEntry | undefined {
    for (const line of this.linesOf(id)) {
      if (line.type === 'result' && line.result.fingerprint === fingerprint) return line.result;
    }
    return undefined;
  }

  failure(id: string): HistoryFailure | undefined {
    const [line] = this.linesOf(id);
    return line?.type === 'failed' ? line.failure : undefined;
  }

  /** Every line, the oldest first. */
  *lines(): Generator<string> {
    yield* this.bytes.toString('utf8').split('\n');
    yield* this.added;
  }

  /** The lines of an action, the newest first, without those that make no sense. */
  private *linesOf(id: string): Generator<ParsedLine> {
    const field = `\t${JSON.stringify(id)}\t`;
    for (const text of this.added.toReversed()) {
      const line = text.startsWith(field, 1) ? parseLine(text) : undefined;
      if (line !== undefined) yield line;
    }
    for (let before = this.bytes.length; before > 0; ) {
      const at = this.bytes.lastIndexOf(field, before - 1);
      if (at < 1) return;
      // One letter stands before the id; JSON, which has no tab in it, stands in no field before it.
      const end = this.bytes.indexOf(NEWLINE, at);
      const line = parseLine(this.bytes.toString('utf8', at - 1, end < 0 ? undefined : end));
      if (line !== undefined) yield line;
      before = at;
    }
  }
}
