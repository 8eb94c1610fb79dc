import type { ExecutionPolicy } from '../engine/execution-policy.ts';
import type { SandboxLevel } from '../engine/sandbox.ts';

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
  /** Absent: what the pipeline says. */
  readonly sandbox?: SandboxLevel;
  /** In place of what tasks say. */
  readonly limits: Omit<ExecutionPolicy, 'sandbox'>;
  readonly json: boolean;
}
