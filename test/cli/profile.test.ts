import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildTrace } from '../../cli/reporters/build-trace.ts';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the trace of a build');

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly cat: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

const PIPELINE = `
version: 1
params: { cells: [a, b, c] }
tasks:
  cell:
    matrix: { name: "\${{ params.cells }}" }
    run: sleep 0.3; echo x > \${{ matrix.name }}.txt
    outputs: ["\${{ matrix.name }}.txt"]
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE });
});
test.after.each(({ project }) => project.remove());

/** Fails unless two events of one thread nest or do not touch: anything else is not drawn. */
function checkNesting(events: readonly TraceEvent[]): void {
  const lanes = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const lane = `${event.pid}/${event.tid}`;
    lanes.set(lane, [...(lanes.get(lane) ?? []), event]);
  }
  for (const lane of lanes.values()) {
    for (const one of lane) {
      for (const other of lane) {
        const apart = one.ts + one.dur <= other.ts || other.ts + other.dur <= one.ts;
        const inside = one.ts <= other.ts && other.ts + other.dur <= one.ts + one.dur;
        const around = other.ts <= one.ts && one.ts + one.dur <= other.ts + other.dur;
        assert.ok(apart || inside || around, JSON.stringify([one, other]));
      }
    }
  }
}

test('has a lane a command at once, phases inside actions, and durations that add up', async ({
  project,
}) => {
  const { code, stderr } = await project.run(['cell', '--jobs', '2', '--profile', 'trace.json']);
  assert.is(code, 0, stderr);
  assert.match(stderr, 'trace.json');
  const { traceEvents } = JSON.parse(project.read('trace.json')) as { traceEvents: TraceEvent[] };
  const complete = traceEvents.filter(({ ph }) => ph === 'X');
  checkNesting(complete);
  const commands = complete.filter(({ cat }) => cat === 'commands');
  assert.equal(commands.map(({ name }) => name).sort(), ['cell/a', 'cell/b', 'cell/c']);
  assert.is(new Set(commands.map(({ tid }) => tid)).size, 2, 'two jobs, two lanes');
  for (const command of commands) {
    const parts = complete.filter(
      (part) =>
        part !== command &&
        part.pid === command.pid &&
        part.tid === command.tid &&
        part.ts >= command.ts &&
        part.ts + part.dur <= command.ts + command.dur,
    );
    for (const phase of ['stage', 'run', 'store'])
      assert.ok(
        parts.some(({ name }) => name === phase),
        phase,
      );
    const run = parts.find(({ name }) => name === 'run');
    assert.ok((run?.dur ?? 0) >= 300_000, 'microseconds');
    const sum = parts.reduce((total, { dur }) => total + dur, 0);
    assert.ok(sum <= command.dur && sum > 0.9 * command.dur, `${sum} of ${command.dur}`);
  }
  const counts = traceEvents.filter(({ ph }) => ph === 'C').map(({ args }) => Number(args?.running));
  assert.is(Math.max(...counts), 2);
  assert.is(counts.at(-1), 0);
  const names = traceEvents.filter(({ ph }) => ph === 'M').map(({ args }) => args?.name);
  assert.ok(names.includes('commands 2') && names.includes('look-ups'));
  const build = complete.find(({ name }) => name === 'build');
  for (const command of commands)
    assert.ok(
      command.ts >= (build?.ts ?? 0) && command.ts + command.dur <= (build?.ts ?? 0) + (build?.dur ?? 0),
    );
});

test('is not written where nobody asks, and an unwritable place is a failure', async ({ project }) => {
  await project.build(['cell']);
  assert.throws(() => project.read('trace.json'));
  const { code, stderr } = await project.run(['cell', '--profile', 'rwkv.pipeline.yaml/trace.json']);
  assert.is(code, 1);
  assert.match(stderr, 'rwkv.pipeline.yaml/trace.json');
});

test('tells tries of one action apart', () => {
  const span = (phase: 'stage' | 'run' | 'store', start: number, end: number) => ({
    action: 'a',
    phase,
    start,
    end,
  });
  const { traceEvents } = buildTrace([
    span('stage', 0, 1),
    span('run', 1, 5),
    span('stage', 10, 11),
    span('run', 11, 14),
    span('store', 14, 15),
  ]);
  const tries = traceEvents.filter(({ name }) => name === 'a');
  assert.equal(
    tries.map(({ ts, dur }) => [ts, dur]),
    [
      [0, 5000],
      [10_000, 5000],
    ],
  );
});

test.run();
