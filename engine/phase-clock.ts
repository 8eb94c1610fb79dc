/** A stretch of work of one action, or of the build as a whole. */
export type Phase =
  | 'load'
  | 'identify'
  | 'look-up'
  | 'stage'
  | 'run'
  | 'store'
  | 'build'
  | 'publish'
  | 'remember';

export interface Span {
  /** The action's id; empty for the build as a whole. */
  readonly action: string;
  readonly phase: Phase;
  /** Milliseconds of `performance.now()`. */
  readonly start: number;
  readonly end: number;
}

/** Does work, and may note how long it took. */
export interface PhaseClock {
  time<T>(action: string, phase: Phase, work: () => Promise<T>): Promise<T>;
}

/** Notes nothing: an ordinary build pays one call for it. */
export const NO_CLOCK: PhaseClock = { time: (_action, _phase, work) => work() };

export class RecordingClock implements PhaseClock {
  readonly spans: Span[] = [];

  async time<T>(action: string, phase: Phase, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.spans.push({ action, phase, start, end: performance.now() });
    }
  }
}
