import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fit, type LiveState, liveLines } from '../../cli/reporters/live-view.ts';
import { PROGRAM, Project } from '../rig/project.ts';
import { pause } from '../rig/watched-project.ts';

const test = suite('the live view');

const state = (count: number): LiveState => ({
  finished: 3,
  total: 9,
  seconds: 65,
  remaining: { seconds: 120.4, atLeast: false },
  running: Array.from({ length: count }, (_, index) => ({ id: `task/${index}`, seconds: 4, said: 'a line' })),
  tool: '',
});

test('says how many are done of how many, for how long, how long still, and the last line of each', () => {
  assert.equal(liveLines(state(2), 80, 24), [
    '[3/9] 2 running · 1 min 5 s · about 2 min 0 s left',
    '  task/0 4.0 s · a line',
    '  task/1 4.0 s · a line',
  ]);
  assert.equal(liveLines(state(0), 80, 24), []);
});

test('stays within the height and the width of the terminal', () => {
  for (const rows of [1, 2, 3, 5, 24]) {
    for (const columns of [1, 2, 10, 80]) {
      const lines = liveLines(state(30), columns, rows);
      assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines of ${rows}`);
      for (const line of lines) assert.ok(line.length < Math.max(2, columns), `"${line}" in ${columns}`);
    }
  }
  assert.is(liveLines(state(30), 80, 5).at(-1), '  and 28 more');
});

test('counts wide characters twice and lets no command move the cursor', () => {
  assert.is(fit('日本語日本語', 7), '日本語…');
  assert.is(fit('\u001b[2Ja\rb\tc', 80), 'a b c');
});

test('draws on a real terminal, follows its size, and leaves nothing of itself behind', async () => {
  if (spawnSync('tmux', ['-V']).error !== undefined)
    return console.log('skipped: tmux is not on this machine');
  const name = `rwkv-build-test-${process.pid}`;
  const tmux = (...args: string[]): string =>
    spawnSync('tmux', ['-L', name, ...args], { encoding: 'utf8' }).stdout;
  const nap =
    '{ run: "echo a line that is much too long for this terminal; while [ ! -e GO ]; do sleep 0.05; done; echo x > OUT", outputs: [OUT] }';
  const project = new Project();
  const task = (out: string): string => nap.replace('GO', `${project.folder}/go`).replaceAll('OUT', out);
  project.write(
    'rwkv.pipeline.yaml',
    `version: 1\ntasks:\n  one: ${task('f1')}\n  two: ${task('f2')}\n  three: ${task('f3')}\n`,
  );
  try {
    const command = `cd ${project.folder}; env -u CI -u GITHUB_ACTIONS NO_COLOR=1 RWKV_BUILD_CACHE=${project.cache} ${process.execPath} ${PROGRAM} -j 3; sleep 60`;
    tmux('new-session', '-d', '-x', '60', '-y', '12', command);
    const screen = async (pattern: RegExp): Promise<string> => {
      for (let tries = 0; tries < 200; tries += 1) {
        const text = tmux('capture-pane', '-p');
        if (pattern.test(text)) return text;
        await pause(50);
      }
      throw new Error(`never seen: ${pattern}\n${tmux('capture-pane', '-p')}`);
    };
    // In the order in which they started, which no test decides.
    const wide = await screen(/^\[0\/3\] 3 running · .*(?:\n {2}\w+ .* · a line.*){3}/);
    for (const task of ['one', 'two', 'three']) assert.match(wide, new RegExp(`\n {2}${task} .* · a line`));
    assert.match(wide, /^ {2}three .*…$/m, 'cut to the width of the terminal');
    tmux('resize-window', '-x', '30', '-y', '6');
    await pause(500);
    const narrow = await screen(/^\[0\/3\] 3 running/);
    assert.is(narrow.split('\n').filter((line) => line.includes('running')).length, 1, narrow);
    project.write('go', '');
    const done = await screen(/3 ran, 0 cached/);
    assert.not.match(done, 'running');
    assert.match(done.replaceAll('\n', ' '), /out\/f1 .*out\/f2 .*out\/f3 /);
  } finally {
    tmux('kill-server');
    project.remove();
  }
});

test('gives a dumb terminal plain lines', async () => {
  if (spawnSync('script', ['--version']).error !== undefined)
    return console.log('skipped: script is not on this machine');
  const project = new Project({
    'rwkv.pipeline.yaml': 'version: 1\ntasks:\n  one: { run: sleep 0.5; echo x > a, outputs: [a] }\n',
  });
  const run = (term: string): string =>
    spawnSync('script', ['-qec', `${process.execPath} ${PROGRAM} one`, '/dev/null'], {
      cwd: project.folder,
      env: { PATH: process.env.PATH, RWKV_BUILD_CACHE: project.cache, TERM: term },
      encoding: 'utf8',
    }).stdout;
  const dumb = run('dumb');
  assert.match(dumb, '✓ one');
  assert.not.match(dumb, '\u001b');
  project.write(
    'rwkv.pipeline.yaml',
    'version: 1\ntasks:\n  one: { run: sleep 0.5; echo y > a, outputs: [a] }\n',
  );
  assert.match(run('xterm'), '\u001b[', 'another terminal is drawn on');
  project.remove();
});

test.run();
