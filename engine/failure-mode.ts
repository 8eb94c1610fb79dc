/**
 * What the failure of an action means to what does not depend on it: `continue` builds all the rest, `finish`
 * starts nothing new and lets what runs come to its end, `kill` ends that too.
 */
export type FailureMode = 'continue' | 'finish' | 'kill';

export const FAILURE_MODES: readonly FailureMode[] = ['continue', 'finish', 'kill'];
