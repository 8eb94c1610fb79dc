import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcome, type Project, written } from '../rig/project.ts';
import { shippedBuild, shippedProject } from '../rig/shipped-project.ts';

const test = suite('a build of a model that was killed');

function dlcDigests(project: Project, precision: string): Record<string, string> {
  const folder = join(project.folder, 'out/rwkv7-austen', precision, 'dlc');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

test('completes when it is run again, with the DLCs of an undisturbed build', async () => {
  const { project: undisturbed } = await shippedBuild();
  await undisturbed.build(['convert']);
  const killed = shippedProject();
  const child = killed.start(['convert', '--json']);
  const ended = outcome(child);
  // In its middle: the weights and a graph are there, and something is being converted or calibrated.
  await written(child, '"type":"action-started","task":"convert"');
  child.kill('SIGKILL');
  assert.is((await ended).signal, 'SIGKILL');

  const again = await killed.build(['convert']);
  assert.is(again.code, 0);
  assert.is(again.outcomes['export/rwkv7-austen/weights'], 'cached');
  assert.ok(again.summary.ran > 0);
  for (const precision of ['fp16', 'a16w8']) {
    assert.equal(dlcDigests(killed, precision), dlcDigests(undisturbed, precision));
  }
  killed.remove();
});

test.run();
