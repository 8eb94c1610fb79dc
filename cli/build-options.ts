/** The options that every command which looks at the pipeline understands. */
export interface BuildOptions {
  /** The pipeline file. */
  readonly file: string;
  /** `name=value` pairs that replace parameters. */
  readonly set: readonly string[];
  readonly soc: readonly string[];
  readonly precision: readonly string[];
  readonly target: readonly string[];
  /** Names of `models:` entries, or paths of weights. */
  readonly model: readonly string[];
  readonly device?: string;
  readonly jobs: number;
  readonly json: boolean;
}
