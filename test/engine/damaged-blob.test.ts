import { existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BIG_FILE_BYTES } from '../../cache/hash-threads.ts';
import { flipByte } from '../cache/store-scene.ts';
import { folderFiles } from '../rig/folder-files.ts';
import { Project } from '../rig/project.ts';

const test = suite('a blob that rotted');

/** `made` copies a file, `used` reads the copy and a file of its own. */
const PIPELINE = `version: 1
tasks:
  made: { run: cp source.bin made.bin, inputs: [source.bin], outputs: [made.bin] }
  used:
    run: "{ sha256sum < made.bin; cat note.txt; } > used.txt"
    inputs: [made.bin, note.txt]
    outputs: [used.txt]
`;

function scene(size: number): Project {
  const project = new Project({ 'p.yaml': PIPELINE, 'source.bin': 'content', 'note.txt': 'one' });
  truncateSync(join(project.folder, 'source.bin'), size);
  return project;
}

/** The paths of all plain blobs of a size. */
function blobsOf(project: Project, size: number): string[] {
  const pool = join(project.cache, 'cas', 'sha256');
  return folderFiles(pool).filter((path) => statSync(path).size === size);
}

for (const [size, words] of [
  [1000, 'small'],
  [BIG_FILE_BYTES + 1, 'big'],
] as const) {
  test(`a ${words} one is noticed when a command needs it, and made again by the next build`, async () => {
    const project = scene(size);
    assert.is((await project.build(['used', '-f', 'p.yaml'])).code, 0);
    const right = project.read('out/used.txt');
    const [blob] = blobsOf(project, size);
    flipByte(blob as string, 500);
    project.write('note.txt', 'two');
    const noticed = await project.build(['used', '-f', 'p.yaml']);
    assert.is(noticed.code, 1);
    assert.match(noticed.stdout, 'store-corrupt');
    assert.is(project.read('out/used.txt'), right);
    const healed = await project.build(['used', '-f', 'p.yaml']);
    assert.is(healed.code, 0);
    assert.equal(healed.outcomes, { made: 'ran', used: 'ran' });
    assert.is(project.read('out/used.txt'), right.replace('one', 'two'));
    project.remove();
  });

  test(`a ${words} one is noticed when it is copied out, and made again by the next build`, async () => {
    const project = scene(size);
    assert.is((await project.build(['made', '-f', 'p.yaml'])).code, 0);
    const [blob] = blobsOf(project, size);
    flipByte(blob as string, 500);
    rmSync(join(project.folder, 'out/made.bin'));
    assert.is((await project.build(['made', '-f', 'p.yaml'])).code, 1);
    assert.not(existsSync(join(project.folder, 'out/made.bin')));
    assert.is((await project.build(['made', '-f', 'p.yaml'])).code, 0);
    assert.is(project.read('out/made.bin'), project.read('source.bin'));
    project.remove();
  });
}

test.run();
