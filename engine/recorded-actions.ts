import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionResult } from '../cache/action-cache.ts';
import type { MaterialiseMode } from '../cache/blob-store.ts';
import type { Action } from './action-graph.ts';
import { type OpenRecord, recordFolder } from './build-record.ts';
import type { ArtifactPublished } from './event.ts';
import type { ExecutionPolicy } from './execution-policy.ts';
import type { FailureMode } from './failure-mode.ts';
import { replaced } from './record-patch.ts';

/*
 * The actions of a record: `build.jsonl`. Its first line says what is true of the build, the next ones have the
 * outlines of the actions, and then there is a line an action with all of it. Most actions stand as they are, and
 * whether they do is told by their outlines: their lines are never parsed.
 */

/** What tells whether a result stands. */
export interface ActionOutline {
  readonly id: string;
  readonly task: string;
  readonly fingerprint: string;
  /** The actions that it depends on, by their places in the record. */
  readonly dependencies: readonly number[];
  /** Its inputs on disk, as places in `inputs` and `absent` of the check. */
  readonly inputs: readonly number[];
  readonly absent: readonly number[];
  /** What it has under `out/`, as places in `published` of the check. */
  readonly published: readonly number[];
  /** Where its outputs lie in the store. */
  readonly shards: readonly string[];
}

/** What building on from a result takes. */
export interface ActionContent {
  readonly action: Action;
  readonly result: ActionResult;
}

export interface RecordedAction {
  readonly outline: ActionOutline;
  readonly content: ActionContent;
}

/** How the build was called: what the command line said, or left to the machine. */
export interface RecordedCall {
  readonly jobs: number;
  /** Of the machine then. */
  readonly cores: number;
  readonly onFailure: FailureMode;
  readonly outputs: MaterialiseMode;
}

/** What is true of the whole build. */
export interface BuildHead {
  readonly format: number;
  /** That of the record's check. */
  readonly id: string;
  /** How many actions there are. */
  readonly actions: number;
  /** Ids of the actions whose outputs are published. */
  readonly requested: readonly string[];
  readonly artifacts: readonly ArtifactPublished[];
  readonly execution: ExecutionPolicy;
  readonly call: RecordedCall;
  /** The values of the parameters that each task uses, by task. */
  readonly parameters: Readonly<Record<string, readonly (readonly [name: string, value: string])[]>>;
}

/** So many outlines are made into a line: those of 20,000 actions at once would take a tenth of the memory. */
const OUTLINES_A_LINE = 500;

/** The lines of `build.jsonl`. */
export function* recordLines(head: BuildHead, actions: readonly RecordedAction[]): Generator<string> {
  yield `${JSON.stringify(head)}\n`;
  for (let at = 0; at < actions.length; at += OUTLINES_A_LINE) {
    const part = actions.slice(at, at + OUTLINES_A_LINE).map(({ outline }) => outline);
    yield `${JSON.stringify(part)}\n`;
  }
  for (let at = 0; at < actions.length; at += OUTLINES_A_LINE) {
    const part = actions.slice(at, at + OUTLINES_A_LINE);
    yield part.map(({ content }) => `${JSON.stringify(content)}\n`).join('');
  }
}

/** A build as its record tells it. */
export class RecordedActions {
  readonly head: BuildHead;
  readonly outlines: readonly ActionOutline[];
  private readonly lines: readonly string[];
  private readonly contents = new Map<number, ActionContent | undefined>();

  private constructor(head: BuildHead, outlines: readonly ActionOutline[], lines: readonly string[]) {
    this.head = head;
    this.outlines = outlines;
    this.lines = lines;
  }

  /** Undefined when it cannot be read, or belongs to another record. */
  static read(folder: string, { patch }: OpenRecord): RecordedActions | undefined {
    try {
      const [first = '', ...lines] = readFileSync(join(folder, 'build.jsonl'), 'utf8').split('\n');
      const head = JSON.parse(first) as BuildHead;
      if (head.id !== patch.id) return undefined;
      const outlineLines = Math.ceil(head.actions / OUTLINES_A_LINE);
      const outlines = lines
        .splice(0, outlineLines)
        .flatMap((line) => JSON.parse(line) as readonly ActionOutline[]);
      if (outlines.length !== head.actions) return undefined;
      const now = replaced(
        outlines,
        patch.actions.map(([at, { outline }]) => [at, outline]),
      );
      const artifacts = replaced(head.artifacts, patch.artifacts);
      const recorded = new RecordedActions({ ...head, artifacts }, now, lines);
      for (const [at, { content }] of patch.actions) recorded.contents.set(at, content);
      return recorded;
    } catch {
      return undefined;
    }
  }

  /** All of the action at a place; undefined when the file is damaged there. */
  content(at: number): ActionContent | undefined {
    if (!this.contents.has(at)) this.contents.set(at, parsed(this.lines[at]));
    return this.contents.get(at);
  }
}

function parsed(line: string | undefined): ActionContent | undefined {
  try {
    return JSON.parse(line ?? '') as ActionContent;
  } catch {
    return undefined;
  }
}

/** The actions of a record whose check has been read. */
export function readActions(cacheRoot: string, record: OpenRecord): RecordedActions | undefined {
  return RecordedActions.read(recordFolder(cacheRoot, record.check.request), record);
}
