/** A place in a text file. Lines and columns count from 1; `length` is in characters of that line. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The text of the line, for the excerpt with the caret. */
  readonly excerpt: string;
}

interface FailureBase {
  /** One or more full lines: what is wrong, naming the file or the thing, and the cause. */
  readonly message: string;
  /** The next step, as a sentence or as a command that can be pasted. */
  readonly hint?: string;
  /** Where in the user's file the trouble comes from. */
  readonly location?: SourceLocation;
}

/** The pipeline file cannot be read, is not YAML, or does not say something that makes sense. */
export interface PipelineInvalid extends FailureBase {
  readonly kind: 'pipeline-invalid';
}

/** Tasks need each other in a circle. */
export interface TaskCycle extends FailureBase {
  readonly kind: 'task-cycle';
  /** The tasks of the circle in order; the first is repeated at the end. */
  readonly tasks: readonly string[];
}

/** The command line or a parameter asks for something that does not exist. */
export interface UnknownName extends FailureBase {
  readonly kind: 'unknown-name';
  /** What was looked up: "target", "parameter", "SoC", … */
  readonly what: string;
  readonly name: string;
  readonly nearest?: string;
}

/** A value on the command line or in `with:` that its kind cannot take. */
export interface InvalidValue extends FailureBase {
  readonly kind: 'invalid-value';
}

/** Each value is fine by itself, their combination cannot work: a SoC without fp16, asked for fp16. */
export interface UnsupportedCombination extends FailureBase {
  readonly kind: 'unsupported-combination';
  /** The axis that fails. */
  readonly axis: string;
}

/** The machine lacks a program or a package. `hint` is the command that brings it. */
export interface EnvironmentMissing extends FailureBase {
  readonly kind: 'environment-missing';
  readonly tool: string;
}

/** A declared input is not there. */
export interface InputMissing extends FailureBase {
  readonly kind: 'input-missing';
  readonly path: string;
}

/** An input was not the same at the end of its action as at the start: edited by the user, or by the command. */
export interface InputChanged extends FailureBase {
  readonly kind: 'input-changed';
  readonly path: string;
}

/** A command failed for the lack of files that its task does not declare. */
export interface InputUndeclared extends FailureBase {
  readonly kind: 'input-undeclared';
  readonly action: string;
  /** Relative to the pipeline file, or absolute where they lie elsewhere. */
  readonly paths: readonly string[];
  /** The end of what the command wrote. */
  readonly output: string;
}

/** The command of an action ended with an exit code that is not 0, by a signal, or by its time limit. */
export interface ActionFailed extends FailureBase {
  readonly kind: 'action-failed';
  readonly action: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what the command wrote. */
  readonly output: string;
  /** The parameter to set otherwise, where the task's kind understood what went wrong: `location` is its place. */
  readonly parameter?: string;
}

/** The command succeeded, but a declared output is not there. */
export interface OutputMissing extends FailureBase {
  readonly kind: 'output-missing';
  readonly action: string;
  readonly path: string;
}

/** The command succeeded, but wrote into its folder what its task does not declare. */
export interface OutputUndeclared extends FailureBase {
  readonly kind: 'output-undeclared';
  readonly action: string;
  /** Relative to the action's folder; a folder ends in `/`. */
  readonly paths: readonly string[];
}

/** The store or the output folder cannot be written: full, read-only, not permitted. */
export interface StorageFailed extends FailureBase {
  readonly kind: 'storage-failed';
  readonly path: string;
  /** The errno's name, `ENOSPC` for a full disk. */
  readonly code: string;
}

/** A blob in the store does not have the content that its name promises. */
export interface StoreCorrupt extends FailureBase {
  readonly kind: 'store-corrupt';
  readonly path: string;
}

/** What was built runs, and gives something else than it should. */
export interface NotVerified extends FailureBase {
  readonly kind: 'not-verified';
  readonly model: string;
  readonly stage: string;
}

/** A line of a benchmark history is no record. */
export interface HistoryDamaged extends FailureBase {
  readonly kind: 'history-damaged';
  readonly path: string;
}

/** No device answers, it is not authorised, or it went away. */
export interface DeviceUnavailable extends FailureBase {
  readonly kind: 'device-unavailable';
  readonly device: string;
}

/** The user or the system ended the build. */
export interface Interrupted extends FailureBase {
  readonly kind: 'interrupted';
  readonly signal: string;
}

/** Every way in which a build can go wrong, other than by a bug. */
export type Failure =
  | PipelineInvalid
  | TaskCycle
  | UnknownName
  | InvalidValue
  | UnsupportedCombination
  | EnvironmentMissing
  | InputMissing
  | InputChanged
  | InputUndeclared
  | ActionFailed
  | OutputMissing
  | OutputUndeclared
  | StorageFailed
  | StoreCorrupt
  | NotVerified
  | HistoryDamaged
  | DeviceUnavailable
  | Interrupted;
