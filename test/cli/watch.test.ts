import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../rig/process-state.ts';
import { outcome, Project } from '../rig/project.ts';
import { isRunning, pause, WatchedProject } from '../rig/watched-project.ts';

interface Context {
  project: Project;
  watched: WatchedProject[];
}

const test = suite<Context>('watch');

/** `long` reports its process and waits for a file of the test's; `quick` and `list` are done at once. */
const pipeline = (folder: string): string => `
version: 1
tasks:
  long:
    run: |
      echo $$ > ${folder}/../pid-$(cat text.txt)
      while [ ! -e ${folder}/../go ]; do sleep 0.05; done
      cp text.txt long.txt
    inputs: [text.txt]
    outputs: [long.txt]
  quick: { run: tr a-z A-Z < word.txt > quick.txt, inputs: [word.txt], outputs: [quick.txt] }
  after: { run: cat quick.txt > after.txt, inputs: [quick.txt], outputs: [after.txt] }
  list: { run: cat notes/*.md > list.txt, inputs: ["notes/**/*.md"], outputs: [list.txt] }
`;

test.before.each((context) => {
  context.project = new Project({ 'text.txt': 'one', 'word.txt': 'ada', 'notes/a.md': 'A' });
  context.project.write('rwkv.pipeline.yaml', pipeline(context.project.folder));
  context.watched = [];
});
test.after.each(async ({ project, watched }) => {
  for (const one of watched) await one.end();
  project.remove();
});

function start(context: Context, ...args: string[]): WatchedProject {
  const watched = new WatchedProject(context.project, args);
  context.watched.push(watched);
  return watched;
}

const pidFile = (project: Project, word: string): string => join(project.folder, '..', `pid-${word}`);

async function pidOf(project: Project, word: string): Promise<number> {
  const read = (): string => (existsSync(pidFile(project, word)) ? project.read(`../pid-${word}`) : '');
  await until(() => read().endsWith('\n'), `the command for "${word}" runs`);
  return Number(read());
}

test('builds again after an edit, and only what the edit reaches', async (context) => {
  const watched = start(context, 'after', 'list');
  assert.equal((await watched.round()).outcomes, { quick: 'ran', after: 'ran', list: 'ran' });
  context.project.write('word.txt', 'bea');
  const { outcomes, changed } = await watched.round();
  assert.equal(outcomes, { quick: 'ran', after: 'ran', list: 'cached' });
  assert.equal(changed, ['word.txt']);
  assert.is(context.project.read('out/after.txt'), 'BEA');
});

test('takes a burst of edits as one change', async (context) => {
  const watched = start(context, 'after', 'list');
  await watched.round();
  for (const word of ['b', 'c', 'd', 'e', 'last']) {
    context.project.write('word.txt', word);
    context.project.write(`notes/${word}.md`, word);
    await pause(15);
  }
  const { changed } = await watched.round();
  assert.is(changed.length, 6);
  assert.is(context.project.read('out/after.txt'), 'LAST');
  await pause(400);
  assert.is(watched.rounds.length, 2, 'nothing more was built');
});

test('is not set off by what it writes itself, nor by files that nothing takes', async (context) => {
  const watched = start(context, 'after', 'list');
  await watched.round();
  context.project.write('out/quick.txt.note', 'mine');
  context.project.write('unrelated.txt', 'x');
  context.project.write('notes/draft.txt', 'no input: the glob takes .md');
  await pause(600);
  assert.is(watched.rounds.length, 1);
});

test('sees a file that is new and matches a glob, also in a new folder, and one that goes', async (context) => {
  const watched = start(context, 'list');
  await watched.round();
  mkdirSync(join(context.project.folder, 'notes/deep'));
  context.project.write('notes/deep/b.md', 'B');
  assert.equal((await watched.round()).changed, ['notes/deep/b.md']);
  rmSync(join(context.project.folder, 'notes/deep/b.md'));
  assert.equal((await watched.round()).changed, ['notes/deep/b.md']);
});

test('sees an edit that replaces the file by renaming another over it', async (context) => {
  const watched = start(context, 'after');
  await watched.round();
  for (const word of ['bea', 'cleo']) {
    context.project.write('.word.swp', word);
    renameSync(join(context.project.folder, '.word.swp'), join(context.project.folder, 'word.txt'));
    await watched.round();
    assert.is(context.project.read('out/after.txt'), word.toUpperCase());
  }
});

test('says what is wrong with a broken pipeline file, at its line, and builds when it is mended', async (context) => {
  const { project } = context;
  const child = project.start(['watch', 'after']);
  const ended = outcome(child);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const rounds = async (count: number): Promise<void> =>
    until(() => said.split('for changes; Ctrl-C ends').length > count, `round ${count}\n${said}`);
  try {
    await rounds(1);
    const good = project.read('rwkv.pipeline.yaml');
    project.write('rwkv.pipeline.yaml', good.replace('  quick: {', '  quick: {{'));
    await rounds(2);
    project.write('rwkv.pipeline.yaml', good.replace('tasks:', 'taks:'));
    await rounds(3);
    project.write('rwkv.pipeline.yaml', good.replace('tr a-z A-Z', 'rev'));
    await rounds(4);
    child.kill('SIGINT');
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
  const { stderr, code } = await ended;
  assert.is(code, 130);
  assert.match(stderr, 'not valid YAML');
  assert.match(stderr, 'unknown key `taks`; did you mean `tasks`?');
  assert.match(stderr, /rwkv\.pipeline\.yaml:3:1\n +taks:\n +~~~~/);
  assert.is(project.read('out/after.txt').trim(), 'ada'.split('').reverse().join(''));
});

test('says that an input is gone, and builds when it is back', async (context) => {
  const watched = start(context, 'after');
  await watched.round();
  rmSync(join(context.project.folder, 'word.txt'));
  const broken = await watched.round();
  assert.is(broken.outcomes.quick, 'failed');
  const failure = broken.events.find((event) => event.type === 'action' && event.id === 'quick');
  assert.match(JSON.stringify(failure), 'does not exist');
  context.project.write('word.txt', 'back');
  assert.is((await watched.round()).outcomes.quick, 'ran');
  assert.is(context.project.read('out/after.txt'), 'BACK');
});

test('ends a command whose input was edited, and runs it with the new content', async (context) => {
  const watched = start(context, 'long');
  const pid = await pidOf(context.project, 'one');
  context.project.write('text.txt', 'two');
  const overtaken = await watched.round();
  assert.is(overtaken.summary.overtaken, true);
  assert.equal(overtaken.outcomes, { long: 'skipped' });
  await pidOf(context.project, 'two');
  assert.not.ok(isRunning(pid), 'the first command is gone before the second begins');
  context.project.write('../go', '');
  assert.equal((await watched.round()).outcomes, { long: 'ran' });
  assert.is(context.project.read('out/long.txt'), 'two');
});

test('leaves a running command alone when the edit has nothing to do with it', async (context) => {
  const { project } = context;
  const watched = start(context, 'long', 'after');
  const pid = await pidOf(project, 'one');
  await until(() => watched.events.some((event) => event.type === 'action' && event.id === 'after'), 'after');
  project.write('word.txt', 'bea');
  await watched.round();
  await until(() => watched.events.filter(isRanAfter).length === 2, 'the edit is built meanwhile');
  assert.ok(isRunning(pid));
  project.write('../go', '');
  const { outcomes } = await watched.round();
  assert.equal(outcomes, { long: 'ran', quick: 'ran', after: 'ran' });
  assert.is(await pidOf(project, 'one'), pid, 'no second command was started');
  assert.is(project.read('out/after.txt'), 'BEA');
});

const isRanAfter = (event: { type: string; id?: string; outcome?: string }): boolean =>
  event.type === 'action' && event.id === 'after' && event.outcome === 'ran';

test('leaves a running command alone when its input is touched and says the same', async (context) => {
  const watched = start(context, 'long');
  const pid = await pidOf(context.project, 'one');
  const later = new Date(Date.now() + 5000);
  utimesSync(join(context.project.folder, 'text.txt'), later, later);
  await watched.round();
  await pause(300);
  assert.ok(isRunning(pid));
  context.project.write('../go', '');
  assert.equal((await watched.round()).outcomes, { long: 'ran' });
});

test('ends a command that comes after one that has to run again, though only one may run', async (context) => {
  const { project } = context;
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(project.folder).replace('inputs: [text.txt]', 'inputs: [text.txt, quick.txt]'),
  );
  const watched = start(context, 'long', '--jobs', '1');
  const pid = await pidOf(project, 'one');
  rmSync(pidFile(project, 'one'));
  project.write('word.txt', 'bea');
  await watched.round();
  const second = await pidOf(project, 'one');
  assert.is.not(second, pid);
  assert.not.ok(isRunning(pid));
  project.write('../go', '');
  assert.equal((await watched.round()).outcomes, { quick: 'ran', long: 'ran' });
});

test('ends a command whose task was taken out of the pipeline', async (context) => {
  const { project } = context;
  const watched = start(context);
  const pid = await pidOf(project, 'one');
  const text = project.read('rwkv.pipeline.yaml');
  project.write('rwkv.pipeline.yaml', text.replace(/ {2}long:[\s\S]*(?= {2}quick:)/, ''));
  await watched.round();
  const { outcomes } = await watched.round();
  assert.not.ok('long' in outcomes);
  await until(() => !isRunning(pid), 'the command has ended');
});

test('keeps the result of a command that was running while the pipeline file was broken', async (context) => {
  const { project } = context;
  const watched = start(context, 'long');
  const pid = await pidOf(project, 'one');
  const good = project.read('rwkv.pipeline.yaml');
  project.write('rwkv.pipeline.yaml', good.replace('tasks:', 'tasks: ['));
  await watched.round();
  const broken = await watched.round();
  assert.ok(broken.events.some((event) => event.type === 'failure'));
  assert.ok(isRunning(pid));
  project.write('../go', '');
  await until(() => !isRunning(pid), 'the command is done');
  await pause(200);
  project.write('rwkv.pipeline.yaml', good);
  assert.equal((await watched.round()).outcomes, { long: 'cached' });
});

test('ends within two seconds of Ctrl-C with exit code 130 and leaves nothing behind', async (context) => {
  const watched = start(context, 'long');
  const pid = await pidOf(context.project, 'one');
  const begin = Date.now();
  const { code } = await watched.end();
  assert.is(code, 130);
  assert.ok(Date.now() - begin < 2000);
  assert.not.ok(isRunning(pid));
  assert.equal(readdirSync(join(context.project.cache, 'work')), []);
});

test('ends at once with Ctrl-C while it waits', async (context) => {
  const watched = start(context, 'after');
  await watched.round();
  await until(() => watched.events.at(-1)?.type === 'watching', 'it waits');
  assert.is((await watched.end()).code, 130);
});

test('refuses a pipeline file that is not there', async ({ project }) => {
  const child = project.start(['watch', '-f', 'none.yaml']);
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const { code, stderr } = await outcome(child);
  clearTimeout(force);
  assert.is(code, 2);
  assert.match(stderr, 'none.yaml is not there');
});

test.run();
