import type { Phase, Span } from '../../engine/phase-clock.ts';

/*
 * Chrome's trace event format, which Perfetto and chrome://tracing read: complete events (`X`) with `ts` and
 * `dur` in microseconds, metadata (`M`) that names processes and threads, counters (`C`).
 * Two events of one thread either nest or do not touch, so work at the same time is spread over lanes.
 */
interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M' | 'C';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args?: Readonly<Record<string, string | number>>;
}

const COMMANDS = { pid: 1, name: 'commands' } as const;
const LOOK_UPS = { pid: 2, name: 'look-ups' } as const;
const BUILD = { pid: 3, name: 'the build' } as const;

const COMMAND_PHASES: ReadonlySet<Phase> = new Set(['stage', 'run', 'store']);

/** A piece of a lane: an action's phases one after the other, under one name. */
interface Stretch {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly parts: readonly Span[];
}

/** The spans of a build as a trace. Times start at the first of them. */
export function buildTrace(spans: readonly Span[]): { readonly traceEvents: readonly TraceEvent[] } {
  const origin = Math.min(...spans.map(({ start }) => start));
  const own = spans.filter(({ action }) => action !== '');
  const commands = stretches(own.filter(({ phase }) => COMMAND_PHASES.has(phase)));
  const lookUps = stretches(own.filter(({ phase }) => !COMMAND_PHASES.has(phase)));
  const whole = spans
    .filter(({ action }) => action === '')
    .map((span) => ({ name: span.phase, start: span.start, end: span.end, parts: [] }));
  const events = [
    ...laneEvents(COMMANDS, commands, origin),
    ...laneEvents(LOOK_UPS, lookUps, origin),
    ...laneEvents(BUILD, whole, origin),
    ...runningCounter(commands, origin),
  ];
  return { traceEvents: events };
}

/** The phases of each action that follow on one another. An action may come to a group more than once. */
function stretches(spans: readonly Span[]): readonly Stretch[] {
  const byAction = new Map<string, Span[]>();
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const own = byAction.get(span.action);
    if (own === undefined) byAction.set(span.action, [span]);
    else own.push(span);
  }
  return [...byAction].flatMap(([name, parts]) => splitRuns(parts).map((run) => stretchOf(name, run)));
}

/** Cuts where a phase comes again that has already been: a second try, a second look-up. */
function splitRuns(parts: readonly Span[]): readonly (readonly Span[])[] {
  const runs: Span[][] = [];
  let seen = new Set<Phase>();
  for (const part of parts) {
    const again = seen.has(part.phase) && part.phase !== 'store';
    if (again || runs.length === 0) {
      runs.push([]);
      seen = new Set();
    }
    runs.at(-1)?.push(part);
    seen.add(part.phase);
  }
  return runs;
}

function stretchOf(name: string, parts: readonly Span[]): Stretch {
  const start = Math.min(...parts.map((part) => part.start));
  return { name, start, end: Math.max(...parts.map((part) => part.end)), parts };
}

function laneEvents(
  group: { readonly pid: number; readonly name: string },
  all: readonly Stretch[],
  origin: number,
): readonly TraceEvent[] {
  const { pid } = group;
  const free: number[] = [];
  const events: TraceEvent[] = [{ name: 'process_name', ph: 'M', pid, tid: 0, args: { name: group.name } }];
  for (const stretch of [...all].sort((a, b) => a.start - b.start)) {
    let lane = free.findIndex((until) => until <= stretch.start);
    if (lane < 0) lane = free.length;
    free[lane] = stretch.end;
    const tid = lane + 1;
    events.push({ ...complete(stretch, origin), cat: group.name, pid, tid });
    for (const { phase, start, end } of stretch.parts) {
      events.push({ ...complete({ name: phase, start, end }, origin), cat: phase, pid, tid });
    }
  }
  for (const lane of free.keys()) {
    const args = { name: `${group.name} ${lane + 1}` };
    events.push({ name: 'thread_name', ph: 'M', pid, tid: lane + 1, args });
  }
  return events;
}

function complete(
  { name, start, end }: { readonly name: string; readonly start: number; readonly end: number },
  origin: number,
): Pick<TraceEvent, 'name' | 'ts' | 'dur'> & { readonly ph: 'X' } {
  // Whole microseconds of both ends: the rounded parts of a stretch stay inside it.
  const ts = Math.round((start - origin) * 1000);
  return { name, ph: 'X', ts, dur: Math.round((end - origin) * 1000) - ts };
}

/** How many commands ran at each time. */
function runningCounter(commands: readonly Stretch[], origin: number): readonly TraceEvent[] {
  const changes = commands.flatMap(({ start, end }) => [
    { at: start, by: 1 },
    { at: end, by: -1 },
  ]);
  let running = 0;
  return changes
    .sort((a, b) => a.at - b.at || a.by - b.by)
    .map(({ at, by }) => {
      running += by;
      const ts = Math.round((at - origin) * 1000);
      return { name: 'commands at once', ph: 'C', pid: COMMANDS.pid, tid: 0, ts, args: { running } };
    });
}
