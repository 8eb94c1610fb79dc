import type { SandboxLevel } from './sandbox.ts';

/** How the commands of a build are run; none of it is in a fingerprint. */
export interface ExecutionPolicy {
  readonly sandbox: SandboxLevel;
  /** In place of what tasks say. */
  readonly retries?: number;
  readonly timeLimitSeconds?: number;
}
