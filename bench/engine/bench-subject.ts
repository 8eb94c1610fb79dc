import type { Command } from './measured-run.ts';
import type { TaskWork, Work } from './work-shape.ts';

/** Something that is measured: rwkv-build or a peer. */
export interface Subject {
  readonly name: string;
  /** The largest number of tasks that it is given: beyond it would not finish in reasonable time. */
  readonly mostTasks: number;
  /** Whether an output that was deleted comes back without its command being run. */
  readonly restores: boolean;
  /** Whether the content of inputs decides, and not just their times. */
  readonly hashes: boolean;
  /** Writes the tool's own files for the work; sources are written by the caller. */
  describe(folder: string, work: Work): void;
  /** Its command that brings everything up to date. */
  command(folder: string): Command;
  /** What it remembers, relative to the folder: removed with the outputs, it begins from nothing. */
  readonly traces: readonly string[];
  /** Where it wants a task's sources, relative to the folder; `''` for most. */
  sourceFolder(task: TaskWork): string;
  /** Where a task's output lies afterwards, relative to the folder. */
  outputPath(task: TaskWork): string;
  /** Says in words what the last run did that a run with nothing to do must not do. */
  idleProblem?(folder: string): string | undefined;
}

/** What holds for a tool that works in the folder itself. */
export const IN_PLACE = {
  sourceFolder: () => '',
  outputPath: (task: TaskWork) => task.output,
} as const;
