import type { Artifact } from '../cache/artifact.ts';
import type { HistoryEntry, HistoryFailure } from './action-history.ts';
import type { ManifestEntry } from './explanation.ts';

/*
 * A line of a history: fields with tabs between them.
 *   R "id" fingerprint seconds {…}   the action ran, or its result was found in the store for the first time
 *   S "id" fingerprint               it has again the result of an earlier R
 *   F "id" {…}                       it failed
 * The first fields are enough for the order of work, so the JSON of thousands of lines is left unread.
 */

export type ParsedLine =
  | { readonly type: 'result'; readonly id: string; readonly result: HistoryLine }
  | { readonly type: 'settled'; readonly id: string; readonly fingerprint: string }
  | { readonly type: 'failed'; readonly id: string; readonly failure: HistoryFailure };

/** The JSON of an R line: short keys and lists, because a pipeline may have 20,000 of them. */
interface ResultBody {
  readonly m: readonly (readonly [key: string, value: string, origin?: string])[];
  readonly s: Readonly<Record<string, string>>;
  readonly o: Readonly<Record<string, Artifact>>;
  readonly t?: number;
  readonly p?: number;
}

export function resultLine(id: string, entry: HistoryEntry): string {
  const body: ResultBody = {
    m: entry.manifest.map(({ key, value, origin }) =>
      origin === undefined ? [key, value] : [key, value, origin],
    ),
    s: entry.sources,
    o: entry.outputs,
    ...(entry.startedAt === undefined ? {} : { t: entry.startedAt }),
    ...(entry.peakMemoryBytes === undefined ? {} : { p: entry.peakMemoryBytes }),
  };
  const seconds = String(Number(entry.seconds.toFixed(4)));
  return ['R', JSON.stringify(id), entry.fingerprint, seconds, JSON.stringify(body)].join('\t');
}

/** Undefined for a line that makes no sense. */
export function parseLine(text: string): ParsedLine | undefined {
  const [type, quotedId = '', third = '', seconds = '', body = ''] = text.split('\t');
  try {
    if (type === 'R' && body.endsWith('}')) {
      const id = JSON.parse(quotedId) as string;
      return { type: 'result', id, result: new HistoryLine(text, id, third, Number(seconds), body) };
    }
    if (type === 'S' && third !== '') {
      return { type: 'settled', id: JSON.parse(quotedId) as string, fingerprint: third };
    }
    if (type !== 'F') return undefined;
    const failure = JSON.parse(third) as HistoryFailure;
    return { type: 'failed', id: JSON.parse(quotedId) as string, failure };
  } catch {
    return undefined;
  }
}

/** A result as it stands in the file; its JSON is read when something of it is asked for. */
export class HistoryLine implements HistoryEntry {
  readonly text: string;
  readonly id: string;
  readonly fingerprint: string;
  readonly seconds: number;
  private readonly json: string;
  private read: ResultBody | undefined;

  constructor(text: string, id: string, fingerprint: string, seconds: number, json: string) {
    this.text = text;
    this.id = id;
    this.fingerprint = fingerprint;
    this.seconds = seconds;
    this.json = json;
  }

  get manifest(): readonly ManifestEntry[] {
    return this.body.m.map(([key, value, origin]) =>
      origin === undefined ? { key, value } : { key, value, origin },
    );
  }

  get sources(): Readonly<Record<string, string>> {
    return this.body.s;
  }

  get outputs(): Readonly<Record<string, Artifact>> {
    return this.body.o;
  }

  get startedAt(): number | undefined {
    return this.body.t;
  }

  get peakMemoryBytes(): number | undefined {
    return this.body.p;
  }

  /** Whether a text occurs anywhere in it: a quick no for most lines. */
  mentions(text: string): boolean {
    return this.json.includes(text);
  }

  private get body(): ResultBody {
    this.read ??= parseBody(this.json);
    return this.read;
  }
}

/** A damaged line has nothing to tell. */
function parseBody(json: string): ResultBody {
  try {
    return JSON.parse(json) as ResultBody;
  } catch {
    return { m: [], s: {}, o: {} };
  }
}
