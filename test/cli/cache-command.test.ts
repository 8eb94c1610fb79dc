import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipByte } from '../cache/store-scene.ts';
import { folderFiles } from '../rig/folder-files.ts';
import { outcome, Project, written } from '../rig/project.ts';

const test = suite<{ project: Project }>('the cache command');

/** Two tasks whose outputs take a megabyte each, and one that waits for a file. */
const PIPELINE = `
version: 1
tasks:
  first: { run: "yes first | head -c 1000000 > first.txt", outputs: [first.txt] }
  second: { run: "yes second | head -c 1000000 > second.txt", outputs: [second.txt] }
  slow: { run: "echo begun; sleep 60 && touch slow.txt", outputs: [slow.txt] }
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE });
});
test.after.each(({ project }) => project.remove());

async function json(project: Project, args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await project.run(['cache', ...args, '--json']);
  assert.is(stderr, '');
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The files of a folder of the store and those below it. */
function files(project: Project, folder: string): string[] {
  return folderFiles(join(project.cache, folder));
}

const HOUR_MS = 3_600_000;

/** Makes the result of the only action so far look as if it had not been used for days. */
function age(project: Project, days: number): void {
  const then = (Date.now() - days * 24 * HOUR_MS) / 1000;
  for (const path of [...files(project, 'ac'), ...files(project, 'records')]) utimesSync(path, then, then);
}

test('stats tell what the store holds and what it may hold', async ({ project }) => {
  await project.build(['first', 'second']);
  const stats = await json(project, ['stats']);
  assert.is(stats.results, 2);
  // Two outputs, and one log: both were silent.
  assert.is(stats.blobs, 3);
  assert.ok(Number(stats.bytes) > 2e6 && Number(stats.bytes) < 3e6);
  assert.ok(Number(stats.limitBytes) >= 1e9);
  assert.is(stats.buildsRunning, 0);
  assert.ok(Math.abs(Date.parse(String(stats.oldestUse)) - Date.now()) < HOUR_MS);
  const { stdout } = await project.run(['cache', 'stats']);
  assert.match(stdout, /results\s+2/);
  assert.match(stdout, /size\s+2\.0 MB of at most/);
});

test('an empty store has statistics too', async ({ project }) => {
  const stats = await json(project, ['stats']);
  assert.is(stats.bytes, 0);
  assert.is(stats.oldestUse, null);
});

test('verify finds a flipped byte, moves the blob aside, and the next build makes it again', async ({
  project,
}) => {
  await project.build(['first', 'second']);
  const sound = await project.run(['cache', 'verify']);
  assert.is(sound.code, 0);
  assert.match(sound.stdout, '3 blobs read, 2.0 MB; 0 damaged');
  const blob = files(project, 'cas').find((path) => statSync(path).size === 1_000_000) ?? '';
  flipByte(blob, 500_000);
  const { code, stdout, stderr } = await project.run(['cache', 'verify']);
  assert.is(code, 1);
  assert.match(stdout, `damaged: ${blob}, now at ${join(project.cache, 'cas/damaged')}`);
  assert.match(stdout, '1 damaged');
  assert.match(stderr, 'The next build makes what is damaged again.');
  const { outcomes } = await project.build(['first', 'second']);
  assert.equal(Object.values(outcomes).sort(), ['cached', 'ran']);
  assert.is((await project.run(['cache', 'verify'])).code, 0);
});

test('gc removes the least recently used, and says before what it would', async ({ project }) => {
  await project.build(['first']);
  age(project, 3);
  await project.build(['second']);
  const planned = await json(project, ['gc', '--limit', '1.5MB', '--dry-run']);
  assert.is(planned.results, 1);
  assert.is((await json(project, ['stats'])).results, 2);
  const done = await json(project, ['gc', '--limit', '1.5MB']);
  assert.is(done.results, 1);
  assert.is(done.freedBytes, planned.freedBytes);
  const { outcomes } = await project.build(['first', 'second']);
  assert.equal(outcomes, { first: 'ran', second: 'cached' });
});

test('a build goes below the limit by itself, and keeps what it made', async ({ project }) => {
  const limit = { RWKV_BUILD_CACHE_LIMIT: '1.5MB' };
  await project.build(['first'], limit);
  age(project, 3);
  const { events } = await project.build(['second'], limit);
  const told = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  assert.match(told.join('\n'), 'the store was over its limit: 1 results removed, 1.0 MB freed');
  const { outcomes } = await project.build(['second', 'first'], { RWKV_BUILD_CACHE_LIMIT: '10kB' });
  assert.equal(outcomes, { second: 'cached', first: 'ran' });
  const again = await project.build(['second', 'first']);
  assert.equal(again.outcomes, { second: 'cached', first: 'cached' }, 'its own results are never collected');
});

test('what an idle build found to be up to date counts as used', async ({ project }) => {
  await project.build(['first']);
  await project.build(['second']);
  age(project, 3);
  await project.build(['first']);
  assert.is((await json(project, ['gc', '--limit', '1.5MB'])).results, 1);
  assert.equal((await project.build(['first', 'second'])).outcomes, { first: 'cached', second: 'ran' });
});

test('without a limit nothing is collected', async ({ project }) => {
  await project.build(['first'], { RWKV_BUILD_CACHE_LIMIT: 'none' });
  age(project, 300);
  await project.build(['second'], { RWKV_BUILD_CACHE_LIMIT: 'none' });
  assert.is((await json(project, ['stats'])).results, 2);
});

test('a limit without sense is told and does not fail the build', async ({ project }) => {
  const { code, events } = await project.build(['first'], { RWKV_BUILD_CACHE_LIMIT: 'plenty' });
  assert.is(code, 0);
  assert.ok(events.some((event) => event.type === 'notice' && event.text.includes('RWKV_BUILD_CACHE_LIMIT')));
  const { code: refused, stderr } = await project.run(['cache', 'gc', '--limit', 'plenty']);
  assert.is(refused, 2);
  assert.match(stderr, '--limit: `plenty` is not a size');
});

test('while a build runs, gc removes nothing that it used, and clear removes nothing', async ({
  project,
}) => {
  await project.build(['first']);
  const build = project.start(['slow', 'first', '--jobs', '2', '--json']);
  try {
    await written(build, 'begun');
    assert.is((await json(project, ['stats'])).buildsRunning, 1);
    assert.is((await json(project, ['gc', '--limit', '0'])).results, 0);
    const { code, stderr } = await project.run(['cache', 'clear']);
    assert.is(code, 1);
    assert.match(stderr, `is in use by a running build (process ${build.pid})`);
  } finally {
    build.kill('SIGKILL');
    await outcome(build);
  }
  assert.is((await json(project, ['gc', '--limit', '0'])).results, 1, 'a killed build holds nothing');
});

test('clear and clean store remove results and blobs and say so; fetched tools stay', async ({ project }) => {
  for (const command of [
    ['cache', 'clear'],
    ['clean', 'store'],
  ]) {
    await project.build(['first']);
    const { code, stderr } = await project.run(command);
    assert.is(code, 0);
    assert.match(stderr, `removed ${join(project.cache, 'cas')}`);
    assert.equal(readdirSync(project.cache), ['environments']);
  }
  assert.match((await project.run(['cache', 'clear'])).stderr, 'nothing to remove');
});

test('its help shows examples and how the limit is set', async ({ project }) => {
  const { stdout, code } = await project.run(['cache', '--help']);
  assert.is(code, 0);
  assert.match(stdout, 'rwkv-build cache gc --limit 20GB --dry-run');
  assert.match(stdout, 'RWKV_BUILD_CACHE_LIMIT');
});

test.run();
