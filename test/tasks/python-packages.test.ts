import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PythonPackages } from '../../tasks/tools/python-packages.ts';
import { isRunning } from '../rig/process-state.ts';

const test = suite<{ folder: string }>('a tool of Python packages');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'rwkv-build-test-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('ends its installers within two seconds when it is interrupted, and leaves nothing', async ({
  folder,
}) => {
  const requirements = join(folder, 'requirements.txt');
  const pid = join(folder, 'pid');
  writeFileSync(requirements, '');
  const script = `mkdir "$1"; touch "$1/half"; sleep 60 & echo $! > ${pid}; wait`;
  const tool = new PythonPackages(
    {
      name: 'slow',
      requirements,
      announcement: 'making it',
      commands: (_python, target) => [['sh', '-c', script, 'sh', target]],
    },
    folder,
  );
  const interruption = new AbortController();
  const preparing = tool.prepare(() => undefined, interruption.signal);
  while (!existsSync(pid) || readFileSync(pid, 'utf8') === '') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const start = performance.now();
  interruption.abort();
  const prepared = await preparing;
  assert.ok(performance.now() - start < 2000);
  assert.is(prepared.ok ? undefined : prepared.failure.kind, 'interrupted');
  assert.not.ok(isRunning(Number(readFileSync(pid, 'utf8'))));
  assert.equal(readdirSync(join(folder, 'environments')), []);
});

test.run();
