import type { Failure } from './failure.ts';
import type { Value } from './kind.ts';

/** Work is about to start on a graph of this many actions. */
export interface BuildStarted {
  readonly type: 'started';
  readonly pipeline: string;
  readonly targets: readonly string[];
  readonly actions: number;
}

/** Something that the user should know although nothing is wrong: "no phone attached, using the emulator". */
export interface Notice {
  readonly type: 'notice';
  readonly text: string;
}

/** A tool is being made ready, such as the Python environment. */
export interface ToolProgress {
  readonly type: 'tool';
  readonly name: string;
  readonly phase: 'preparing' | 'progress' | 'ready' | 'failed';
  readonly detail: string;
  readonly seconds: number;
}

export interface ActionStarted {
  readonly type: 'action-started';
  readonly task: string;
  readonly id: string;
  /** Why it was not a hit, in a few words. */
  readonly reason: string;
}

/** What a running command wrote, a line at a time. */
export interface ActionOutputLine {
  readonly type: 'action-output';
  readonly task: string;
  readonly id: string;
  readonly line: string;
}

export type Outcome = 'ran' | 'cached' | 'failed' | 'skipped';

export interface ActionFinished {
  readonly type: 'action';
  readonly task: string;
  readonly id: string;
  readonly outcome: Outcome;
  /** SHA-256 of the canonical REAPI Action; empty when it was skipped. */
  readonly fingerprint: string;
  readonly seconds: number;
  readonly failure?: Failure;
  /** Of a failed one: the file that holds everything that its command wrote. */
  readonly log?: string;
}

/** Everything that the command of an action wrote, when it ran or long ago: only where logs are asked for. */
export interface ActionLog {
  readonly type: 'action-log';
  readonly task: string;
  readonly id: string;
  readonly text: string;
}

/** More artifacts than this nobody reads of at the end of a build. */
export const SHOWN_ARTIFACTS = 40;

/** An artifact that was asked for now lies at this place under `out/`. */
export interface ArtifactPublished {
  readonly type: 'artifact';
  readonly task: string;
  readonly id: string;
  readonly role: string;
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
}

/** The content of a result file that was asked for, such as a benchmark's. */
export interface ResultReported {
  readonly type: 'result';
  readonly task: string;
  readonly id: string;
  readonly path: string;
  readonly result: Value;
}

/** A failure that belongs to no single action. */
export interface BuildFailed {
  readonly type: 'failure';
  readonly failure: Failure;
}

/** Inputs were edited while they were watched: a new round begins. */
export interface InputsChanged {
  readonly type: 'changed';
  /** Relative to the pipeline file where they lie beside it. */
  readonly paths: readonly string[];
}

/** A round of a watch is over; nothing happens until an input changes. */
export interface Watching {
  readonly type: 'watching';
  /** How many files, folders and globs are watched. */
  readonly inputs: number;
}

/** Always the last event of a build, or of a round of a watch. */
export interface BuildSummary {
  readonly type: 'summary';
  readonly ran: number;
  readonly cached: number;
  readonly failed: number;
  readonly skipped: number;
  /** So many artifacts more lie under `out/` that no event told of, because nobody would read of them all. */
  readonly unlisted?: number;
  readonly seconds: number;
  /** An edit came before the round was done; what it skipped is taken up by the next. */
  readonly overtaken?: true;
}

/** Everything that a build tells the world; reporters turn these into text and nothing else prints. */
export type BuildEvent =
  | BuildStarted
  | Notice
  | ToolProgress
  | ActionStarted
  | ActionOutputLine
  | ActionFinished
  | ActionLog
  | ArtifactPublished
  | ResultReported
  | BuildFailed
  | InputsChanged
  | Watching
  | BuildSummary;

export type Emit = (event: BuildEvent) => void;
