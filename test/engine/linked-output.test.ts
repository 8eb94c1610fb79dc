import { statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes } from '../../cache/digest.ts';
import { folderFiles } from '../rig/folder-files.ts';
import { Project } from '../rig/project.ts';

const test = suite('outputs that are hard links to inputs');

const PIPELINE = `version: 1
tasks:
  made: { run: cp source.txt made.txt, inputs: [source.txt], outputs: [made.txt] }
  handed-on: { run: mkdir on && ln made.txt on/made.txt, inputs: [made.txt], outputs: [on/] }
`;

test('a command that hands on a file by a link costs no second copy of it', async () => {
  const project = new Project({ 'p.yaml': PIPELINE, 'source.txt': 'source\n' });
  const { hash } = digestBytes(Buffer.from('source\n'));
  const inodes = (): number[] =>
    folderFiles(`${project.cache}/cas`)
      .filter((path) => path.endsWith(hash))
      .map((path) => statSync(path).ino);
  assert.is((await project.build(['made', '-f', 'p.yaml'])).code, 0);
  const before = inodes();
  assert.is(before.length, 1);
  const built = await project.build(['handed-on', '-f', 'p.yaml']);
  assert.equal(built.outcomes, { made: 'cached', 'handed-on': 'ran' });
  assert.equal(inodes(), before);
  assert.is(project.read('out/on/made.txt'), 'source\n');
  project.remove();
});

test.run();
