import type { FailureMode } from './failure-mode.ts';
import type { ActionSpec, Reach } from './kind.ts';
import { durationSeconds, memoryBytes } from './quantity.ts';

/** What a task says about how its commands are run; none of it decides what comes out. */
export interface TaskLimits {
  readonly retries?: number;
  readonly timeLimitSeconds?: number;
  readonly memoryBytes?: number;
  readonly onFailure?: FailureMode;
  readonly reach?: Reach;
}

/** The same as it stands in the pipeline file, where the schema holds its form. */
export interface WrittenLimits {
  readonly retries?: number;
  readonly 'time-limit'?: string | number;
  readonly memory?: string;
  readonly 'on-failure'?: FailureMode;
  readonly reach?: Reach;
}

/** Only what is written is there. */
export function taskLimits(written: WrittenLimits): TaskLimits {
  const { retries, reach } = written;
  const seconds = written['time-limit'] === undefined ? undefined : durationSeconds(written['time-limit']);
  const bytes = written.memory === undefined ? undefined : memoryBytes(written.memory);
  const onFailure = written['on-failure'];
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(seconds === undefined ? {} : { timeLimitSeconds: seconds }),
    ...(bytes === undefined ? {} : { memoryBytes: bytes }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(reach === undefined ? {} : { reach }),
  };
}

/** An action with what its task says in place of what its kind says. */
export function limitedSpec(spec: ActionSpec, limits: TaskLimits): ActionSpec {
  return Object.keys(limits).length === 0 ? spec : { ...spec, ...limits };
}
