/** One thing that `doctor` looks at. */
export interface Check {
  readonly name: string;
  /** Without it the main job does not run; other checks are for one target, device or option. */
  readonly required: boolean;
  readonly state: 'ok' | 'missing';
  /** What was found, or what is wrong. */
  readonly detail: string;
  /** The command that brings it. */
  readonly command?: string;
}
