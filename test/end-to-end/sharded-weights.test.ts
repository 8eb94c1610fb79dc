import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Project, REPOSITORY } from '../rig/project.ts';
import { shippedProject } from '../rig/shipped-project.ts';
import { runStageScript } from '../rig/stage-script.ts';

const test = suite<{ project: Project }>('weights in several files with an index');

const SHIPPED = join(REPOSITORY, 'models', 'rwkv7-austen', 'model.safetensors');

test.before.each((context) => {
  context.project = shippedProject();
});
test.after.each(({ project }) => project.remove());

test('are the same weights as one file', async ({ project }) => {
  await project.build(['export']);
  await runStageScript(project.folder, [
    'import json',
    'from pathlib import Path',
    'from container_writers import write_safetensors_file',
    'from rwkv.safetensors_reader import SafetensorsFile',
    `whole = SafetensorsFile(Path(${JSON.stringify(SHIPPED)}))`,
    'files = {"even.safetensors": whole.names()[::2], "odd.safetensors": whole.names()[1::2]}',
    'for file, names in files.items():',
    '    write_safetensors_file(Path(file), {name: whole.raw(name) for name in names})',
    'weight_map = {name: file for file, names in files.items() for name in names}',
    'Path("model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))',
  ]);
  const { code, outcomes, stdout } = await project.build([
    'export',
    '--model',
    'model.safetensors.index.json',
  ]);
  assert.is(code, 0, stdout);
  const ran = Object.entries(outcomes).filter(([, outcome]) => outcome === 'ran');
  assert.equal(
    ran.map(([id]) => id.split('/').at(-1)),
    ['weights'],
    'the graphs over the same weights are there already',
  );
});

test('are known by the index alone, so that a missing file is named', async ({ project }) => {
  const index = { weight_map: { 'emb.weight': 'gone.safetensors' } };
  project.write('model.safetensors.index.json', JSON.stringify(index));
  const { code, stderr } = await project.run(['export', '--model', 'model.safetensors.index.json']);
  assert.is(code, 1);
  assert.match(stderr, 'gone.safetensors');
  assert.not.match(stderr, 'Traceback');
});

test.run();
