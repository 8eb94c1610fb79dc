import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explainText } from '../../tasks/qnn-errors/explain-failure.ts';
import { findSoc } from '../../tasks/soc-table.ts';
import { unwrap } from '../cache/unwrap.ts';
import { REPOSITORY } from '../rig/project.ts';
import { shippedBuild } from '../rig/shipped-project.ts';
import { qnnLibraries, stagePython } from '../rig/stage-environment.ts';

const test = suite('the largest graph that the compiler takes');

test('is what the table says of a SoC, and the error names both sizes', async () => {
  const { project } = await shippedBuild();
  assert.is((await project.build(['host-tools'])).code, 0);
  const folder = mkdtempSync(join(tmpdir(), 'rwkv-build-graph-limit-'));
  const soc = unwrap(findSoc('SM8475'));
  const limit = soc.graphGib * 2 ** 30;
  const dlc = join(folder, 'large.dlc');
  const made = spawnSync(
    await stagePython(),
    [join(REPOSITORY, 'test/rig/large_graph.py'), String(Math.round(1.02 * limit)), dlc],
    { env: { ...process.env, PYTHONPATH: join(REPOSITORY, 'tasks') }, encoding: 'utf8' },
  );
  assert.is(made.status, 0, made.stderr);
  const run = spawnSync(
    join(project.folder, 'out/host-tools/x86_64-linux/qnn-context'),
    [
      ...['--qnn-libs', await qnnLibraries(), '--dlc', dlc, '--soc-id', String(soc.id)],
      ...['--output', join(folder, 'context.bin')],
    ],
    { encoding: 'utf8' },
  );
  rmSync(folder, { recursive: true, force: true });
  assert.is(run.status, 1, run.stderr);
  const explained = explainText(run.stderr);
  assert.is(explained?.name, 'graph-too-large');
  assert.match(explained?.message ?? '', `allows one graph ${limit / 1024} KB`);
  assert.equal(explained?.parameters, ['chunks', 'precision']);
});

test.run();
