import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPython } from '../../tasks/tools/python-interpreter.ts';
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

test('starts the interpreter once, for its version, its place and its surroundings', async ({ folder }) => {
  const real = await findPython();
  if (!real.ok) throw new Error(real.failure.message);
  const [shims, starts] = [join(folder, 'shims'), join(folder, 'starts')];
  mkdirSync(shims);
  const shim = `#!/bin/sh\necho started >> ${starts}\nexec ${real.value.path} "$@"\n`;
  writeFileSync(join(shims, 'python3.11'), shim, { mode: 0o755 });
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, '');
  const commands = (_python: string, target: string) => [['mkdir', target]];
  const tool = new PythonPackages({ name: 'small', requirements, announcement: '', commands }, folder);
  const path = process.env.PATH;
  process.env.PATH = `${shims}:${path}`;
  try {
    const version = await tool.version();
    assert.match(version.ok ? version.value : version.failure.message, `python ${real.value.version} `);
    const place = await tool.prepare(() => undefined, new AbortController().signal);
    assert.ok(existsSync(place.ok ? place.value : ''));
    assert.equal((await tool.surroundings()).reads, [real.value.prefix]);
  } finally {
    process.env.PATH = path;
  }
  assert.is(readFileSync(starts, 'utf8'), 'started\n');
});

test.run();
