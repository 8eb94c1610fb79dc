import { chmodSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeReadOnly, scratchDisk } from '../cache/scratch-folder.ts';
import { folderFiles } from '../rig/folder-files.ts';
import { Project } from '../rig/project.ts';

const test = suite('a build and hard times for its store');

const PIPELINE = `version: 1
tasks:
  made: { run: cp source.txt made.txt, inputs: [source.txt], outputs: [made.txt] }
  used: { run: cat made.txt note.txt > used.txt, inputs: [made.txt, note.txt], outputs: [used.txt] }
`;

const ARGS = ['used', '-f', 'p.yaml'];

function scene(): Project {
  return new Project({ 'p.yaml': PIPELINE, 'source.txt': 'source\n', 'note.txt': 'note\n' });
}

/** Builds until the record and the memo trust the files: they were quiet long enough. */
async function buildTwice(project: Project, environment: Record<string, string> = {}): Promise<void> {
  for (const round of ['first', 'second']) {
    assert.is((await project.build(ARGS, environment)).code, 0, round);
    await sleep(200);
  }
}

test('a store that cannot be written serves what it has and names itself when it cannot', async () => {
  const disk = scratchDisk(16 * 1024);
  if (disk === undefined) return console.log('skipped: mounting a small disk is not permitted');
  const project = scene();
  const environment = { RWKV_BUILD_CACHE: disk };
  await buildTwice(project, environment);
  makeReadOnly(disk);
  const touch = (): void => utimesSync(join(project.folder, 'note.txt'), 1_600_000_000, 1_600_000_000);
  for (const change of [() => undefined, touch, () => rmSync(join(project.folder, 'out/used.txt'))]) {
    change();
    const idle = await project.run(ARGS, environment);
    assert.is(idle.code, 0, idle.stderr);
    assert.not.match(idle.stderr, 'error');
    assert.is(project.read('out/used.txt'), 'source\nnote\n');
  }
  project.write('note.txt', 'another\n');
  const failed = await project.run(ARGS, environment);
  assert.is(failed.code, 1);
  assert.match(failed.stderr, 'the file system is read-only (EROFS)');
  assert.match(failed.stderr, 'RWKV_BUILD_CACHE');
  assert.not.match(failed.stderr, 'ENOENT');
  project.remove();
});

/** Everything in the store that a build reads: blobs, results, the memo, the history, records, the size. */
function storedFiles(project: Project): string[] {
  return folderFiles(project.cache);
}

/** What power cuts do to files that were written shortly before. */
const DAMAGES: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  emptied: () => Buffer.alloc(0),
  'cut short': (content) => content.subarray(0, content.length >> 1),
  zeroed: (content) => Buffer.alloc(content.length),
};

test('whatever a power cut did to a file of the store, the next builds are right', async () => {
  const project = scene();
  await buildTwice(project);
  const files = storedFiles(project);
  assert.ok(files.length >= 8, files.join('\n'));
  let note = 0;
  for (const damage of Object.values(DAMAGES)) {
    // Each file by itself, then all of them together.
    for (const damaged of [...files.map((path) => [path]), files]) {
      for (const path of damaged) damageFile(path, damage);
      if (note % 2 === 1) project.write('note.txt', `note ${note}\n`);
      note += 1;
      let built = await project.build(ARGS);
      // A blob whose status is right and whose bytes are not is noticed when it is used: once each.
      for (let again = 0; built.code === 1 && again < 2; again += 1) {
        assert.match(built.stdout, '"kind":"store-corrupt"');
        built = await project.build(ARGS);
      }
      assert.is(built.code, 0, `${damaged.join('\n')}\n${built.stdout}${built.stderr}`);
      assert.is(project.read('out/used.txt'), `source\n${project.read('note.txt')}`);
      assert.is(built.stderr, '');
    }
  }
  project.remove();
});

/** A blob that lost bytes keeps its time, as a file system that lost the write would have it. */
function damageFile(path: string, damage: (content: Buffer) => Buffer): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  chmodSync(path, 0o644);
  writeFileSync(path, damage(readFileSync(path)));
  utimesSync(path, status.atime, status.mtime);
  chmodSync(path, status.mode);
}

test('a clock that jumps makes no result wrong', async () => {
  const project = scene();
  await buildTwice(project);
  const year = 365 * 24 * 3600;
  for (const [round, jump] of [year, -year, 30 * year, -30 * year].entries()) {
    const seconds = Date.now() / 1000 + jump;
    const note = join(project.folder, 'note.txt');
    utimesSync(note, seconds, seconds);
    for (const path of storedFiles(project)) if (!path.includes('/cas/')) utimesSync(path, seconds, seconds);
    const idle = await project.build(ARGS);
    assert.equal([idle.code, idle.summary.ran], [0, 0]);
    project.write('note.txt', `round ${round}\n`);
    utimesSync(note, seconds, seconds);
    assert.is((await project.build(ARGS)).code, 0);
    assert.is(project.read('out/used.txt'), `source\nround ${round}\n`);
  }
  project.remove();
});

test.run();
