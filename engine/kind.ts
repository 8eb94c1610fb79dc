import type { FailureMode } from './failure-mode.ts';
import type { Result } from './result.ts';

/** A value of `with:`, `params:` or `models:`, as YAML can say it. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** What a task's output is, beyond its path: its role decides which kinds can use it. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Where an input's bytes come from. */
export type InputSource =
  /** A file or folder of the user's, relative to the pipeline file (or absolute). It may be absent if optional. */
  | { readonly from: 'project'; readonly path: string; readonly optional?: boolean }
  /** A file or folder of rwkv-build itself, relative to the package: the tool that an action runs. */
  | { readonly from: 'package'; readonly path: string }
  /** An output of another action. */
  | { readonly from: 'action'; readonly action: string; readonly output: string };

export interface ActionInput {
  /** Where the command finds it, relative to the action's folder. */
  readonly at: string;
  readonly source: InputSource;
}

export interface ActionOutput {
  /** Where the command writes it, relative to the action's folder. */
  readonly path: string;
  readonly type: 'file' | 'directory';
  /** What it is to other kinds: `chunk-graph`, `dlc`, `context`, … */
  readonly role: string;
  readonly attributes: Attributes;
  /** Where it appears under `out/` when it was asked for; without it, it stays in the store. */
  readonly publish?: string;
  /** It is JSON that is worth telling about where it is published: what a benchmark found. */
  readonly reported?: true;
}

/** A path inside a tool's root. The fingerprint holds the tool's name and version, never its place. */
export interface ToolPath {
  readonly tool: string;
  readonly path: string;
}

export type Argument = string | ToolPath;

/**
 * What a command needs of the machine that a strict sandbox hides: the `network`, or a `device`, which is reached
 * over network, USB and files in the user's home, so that nothing at all is hidden.
 */
export type Reach = 'network' | 'device';

/** One command over declared inputs, as a kind describes it. */
export interface ActionSpec {
  /** Tells the actions of one task cell apart: `chunk1of2`. Empty when there is only one. */
  readonly name: string;
  readonly command: readonly Argument[];
  readonly environment: Readonly<Record<string, Argument>>;
  readonly inputs: readonly ActionInput[];
  readonly outputs: readonly ActionOutput[];
  /** Names of the tools that the command uses; each one's version is in the fingerprint. */
  readonly tools: readonly string[];
  /** Facts that decide the result but are in no input, such as which device runs it. */
  readonly properties: Readonly<Record<string, string>>;
  /** Actions that name the same resource never run at the same time. */
  readonly exclusive?: string;
  readonly timeLimitSeconds?: number;
  /** How often the command is run again when it fails. */
  readonly retries?: number;
  /** The most memory that the command takes, in bytes; absent: what it took the last time. */
  readonly memoryBytes?: number;
  /** What it takes for each byte of its inputs, for the first time that it runs here. */
  readonly memoryPerInputByte?: number;
  /** What its failure means to the rest of the build; absent: what the call says. */
  readonly onFailure?: FailureMode;
  readonly reach?: Reach;
}

/** An output of an action that a task needs. */
export interface NeededOutput {
  readonly action: string;
  readonly task: string;
  readonly output: ActionOutput;
}

/** One task at one point of its matrix: what a kind is asked to turn into actions. */
export interface TaskCell {
  readonly task: string;
  /** The values of the axes, by axis name. */
  readonly matrix: Readonly<Record<string, string>>;
  /** The task's `with:`, expressions filled in and valid by the kind's schema. */
  readonly with: Readonly<Record<string, Value>>;
  /** The outputs of the tasks in `needs:` that agree with this cell on every axis they share. */
  readonly needs: readonly NeededOutput[];
  /** The id that an action of this cell gets, for inputs that are outputs of a sibling. */
  actionId(name: string): string;
}

/** A command that failed, for its kind to make sense of. */
export interface FailedRun {
  readonly spec: ActionSpec;
  /** How it ended, in words: `exit code 1`, `ended by SIGKILL`. */
  readonly ended: string;
  /** The end of what it wrote. */
  readonly said: string;
}

/** What a kind makes of a failed command. */
export interface FailureExplanation {
  /** What is wrong, and with what, as a sentence. */
  readonly message: string;
  /** The next step. */
  readonly hint: string;
  /** Parameters of `with:` that can be set otherwise to help, the likeliest first. */
  readonly parameters: readonly string[];
}

/** What `uses:` names. The engine gets kinds handed in and knows nothing of what they do. */
export interface Kind {
  readonly name: string;
  /** One line, for `--help` and the editor. */
  readonly summary: string;
  /** JSON schema (draft-07) of `with:`; an object schema without unknown keys. */
  readonly parameters: object;
  expand(cell: TaskCell): Promise<Result<readonly ActionSpec[]>>;
  /** Why a command of its actions failed, where what it wrote can be understood. */
  explain?(failed: FailedRun): FailureExplanation | undefined;
}

/** Absolute paths outside of a tool's root that its programs read, or write: a prefix, a cache. */
export interface ToolSurroundings {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** A program or package that commands use and that is not an input: an interpreter, a compiler. */
export interface Tool {
  readonly name: string;
  /** Everything about it that decides results, in words and digests: `g++ 12.2.0 x86_64-linux-gnu`. */
  version(): Promise<Result<string>>;
  /** Makes it ready where needed, unless it is aborted, and returns the folder that a `ToolPath` is relative to. */
  prepare(progress: (line: string) => void, signal: AbortSignal): Promise<Result<string>>;
  /** What a strict sandbox must show beside the root, where that is not all that the tool consists of. */
  surroundings?(): Promise<ToolSurroundings>;
}
