import type { ChildProcess } from 'node:child_process';
import type { ActionFinished, BuildEvent, BuildSummary } from '../../engine/event.ts';
import { LIMIT_MILLISECONDS, until } from './process-state.ts';
import { type Finished, outcome, type Project } from './project.ts';

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** One round of a watch: its events up to its summary. */
export interface Round {
  readonly events: readonly BuildEvent[];
  readonly summary: BuildSummary;
  readonly changed: readonly string[];
  readonly outcomes: Readonly<Record<string, ActionFinished['outcome']>>;
}

/** The real `rwkv-build watch --json`, read round by round. */
export class WatchedProject {
  readonly child: ChildProcess;
  readonly ended: Promise<Finished>;
  #text = '';
  #roundsRead = 0;

  constructor(project: Project, args: readonly string[] = []) {
    this.child = project.start(['watch', ...args, '--json']);
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
    });
    this.ended = outcome(this.child);
  }

  get events(): readonly BuildEvent[] {
    const lines = this.#text.slice(0, this.#text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as BuildEvent);
  }

  /** Every round so far that came to its summary. */
  get rounds(): readonly Round[] {
    const rounds: Round[] = [];
    let events: BuildEvent[] = [];
    for (const event of this.events) {
      if (event.type === 'watching') continue;
      events.push(event);
      if (event.type !== 'summary') continue;
      rounds.push(roundOf(events, event));
      events = [];
    }
    return rounds;
  }

  /** The next round that has not been read; waits for it. */
  async round(): Promise<Round> {
    await until(() => this.rounds.length > this.#roundsRead, `round ${this.#roundsRead + 1}\n${this.#text}`);
    const round = this.rounds[this.#roundsRead];
    if (round === undefined) throw new Error('a round has gone');
    this.#roundsRead += 1;
    return round;
  }

  async end(): Promise<Finished> {
    this.child.kill('SIGINT');
    const force = setTimeout(() => this.child.kill('SIGKILL'), LIMIT_MILLISECONDS);
    return this.ended.finally(() => clearTimeout(force));
  }
}

function roundOf(events: readonly BuildEvent[], summary: BuildSummary): Round {
  const outcomes: Record<string, ActionFinished['outcome']> = {};
  let changed: readonly string[] = [];
  for (const event of events) {
    if (event.type === 'action') outcomes[event.id] = event.outcome;
    if (event.type === 'changed') changed = event.paths;
  }
  return { events, summary, changed, outcomes };
}
