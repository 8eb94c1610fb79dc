import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../rig/project.ts';

const test = suite('publication');

const PIPELINE = `version: 1
tasks:
  made:
    run: cp source.txt made.txt && mkdir d && cp source.txt d/one && echo two > d/two && chmod +x d/two
    inputs: [source.txt]
    outputs: [made.txt, d/]
  used: { run: cat made.txt note.txt > used.txt, inputs: [made.txt, note.txt], outputs: [used.txt] }
`;

const scene = (): Project =>
  new Project({ 'p.yaml': PIPELINE, 'source.txt': 'content\n', 'note.txt': 'note\n' });

const status = (project: Project, path: string): ReturnType<typeof statSync> =>
  statSync(join(project.folder, 'out', path));

async function publish(project: Project, ...args: string[]): Promise<void> {
  const built = await project.build(['made', 'used', '-f', 'p.yaml', ...args]);
  assert.is(built.code, 0, built.stdout);
}

test('--link-outputs gives read-only links to the store, which stay as they are', async () => {
  const project = scene();
  await publish(project, '--link-outputs');
  for (const path of ['made.txt', 'd/one', 'd/two']) {
    assert.ok(Number(status(project, path)?.nlink) > 1, path);
    assert.is(Number(status(project, path)?.mode) & 0o222, 0, path);
  }
  const { ino } = status(project, 'd/two') ?? {};
  // A command that is given the blob as its input moves the change time of every link to it.
  project.write('note.txt', 'another\n');
  await publish(project, '--link-outputs');
  assert.is(status(project, 'd/two')?.ino, ino);
  assert.is(readFileSync(join(project.folder, 'out/used.txt'), 'utf8'), 'content\nanother\n');
  project.remove();
});

test('links become copies when a build is asked for those, and links again', async () => {
  const project = scene();
  for (const args of [['--link-outputs'], [], ['--link-outputs']]) {
    await publish(project, ...args);
    const linked = args.length > 0;
    for (const path of ['made.txt', 'd/one', 'used.txt']) {
      assert.is(Number(status(project, path)?.nlink) > 1, linked, path);
      assert.is((Number(status(project, path)?.mode) & 0o200) === 0, linked, path);
    }
  }
  project.remove();
});

test.run();
