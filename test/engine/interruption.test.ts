import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scratchDisk } from '../cache/scratch-folder.ts';
import { isRunning, until } from '../rig/process-state.ts';
import { outcome, Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('a build that is disturbed');

/** Two quick tasks, then one that reports itself and waits until a file lets it go on. */
const waiting = (folder: string): string => `
version: 1
tasks:
  one: { run: cp text.txt a.txt, inputs: [text.txt], outputs: [a.txt] }
  two: { run: cp a.txt b.txt, inputs: [a.txt], outputs: [b.txt] }
  three:
    run: |
      touch ${folder}/started
      echo $$ > ${folder}/pid
      while [ ! -e ${folder}/go ]; do sleep 0.05; done
      cp b.txt c.txt
    inputs: [b.txt]
    outputs: [c.txt]
`;

test.before.each((context) => {
  context.project = new Project({ 'text.txt': 'x\n' });
  context.project.write('rwkv.pipeline.yaml', waiting(context.project.folder));
});
test.after.each(({ project }) => project.remove());

test('completes after kill -9 in its middle, keeping what was done and leaving nothing behind', async ({
  project,
}) => {
  const child = project.start(['three', '--json']);
  const ended = outcome(child);
  await until(() => existsSync(join(project.folder, 'pid')), 'the third task runs');
  child.kill('SIGKILL');
  await ended;
  project.write('go', '');
  const { code, outcomes } = await project.build(['three']);
  assert.is(code, 0);
  assert.equal(outcomes, { one: 'cached', two: 'cached', three: 'ran' });
  assert.is(project.read('out/c.txt'), 'x\n');
  assert.equal(readdirSync(join(project.cache, 'work')), []);
});

test('ends its commands within two seconds of SIGINT, says so, and exits with 130', async ({ project }) => {
  const child = project.start(['three']);
  const ended = outcome(child);
  await until(() => existsSync(join(project.folder, 'pid')), 'the third task runs');
  const pid = Number(project.read('pid'));
  const start = Date.now();
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  assert.is(code, 130);
  assert.ok(Date.now() - start < 2000);
  assert.not.ok(isRunning(pid), 'the command has ended too');
  assert.match(stderr, 'interrupted');
  assert.equal(readdirSync(join(project.cache, 'work')), []);
});

const STUBBORN: Readonly<Record<string, string>> = {
  'ignores SIGTERM': "trap '' TERM; ",
  'left its process group': 'setsid ',
  'left its process group and ignores SIGTERM': "trap '' TERM; setsid ",
};

for (const [does, prefix] of Object.entries(STUBBORN)) {
  test(`ends what ${does} on SIGTERM, within two seconds, and leaves nothing behind`, async ({ project }) => {
    project.write(
      'rwkv.pipeline.yaml',
      `version: 1\ntasks:\n  stay: { run: "${prefix}sh -c 'echo $$ > ${project.folder}/pid; exec sleep 60'", outputs: [a] }\n`,
    );
    const child = project.start(['stay']);
    const ended = outcome(child);
    await until(() => existsSync(join(project.folder, 'pid')), 'the command runs');
    await until(() => project.read('pid') !== '', 'its number is written');
    const start = Date.now();
    child.kill('SIGTERM');
    const { code } = await ended;
    assert.is(code, 130);
    assert.ok(Date.now() - start < 2000, `${Date.now() - start} ms`);
    assert.not.ok(isRunning(Number(project.read('pid'))), 'the command has ended too');
    assert.equal(readdirSync(join(project.cache, 'work')), []);
    assert.not.ok(existsSync(join(project.cache, 'tmp')));
  });
}

test('ends at once when it is asked a second time', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `version: 1\ntasks:\n  stay: { run: "trap '' INT TERM; echo $$ > ${project.folder}/pid; while true; do sleep 0.1; done", outputs: [a] }\n`,
  );
  const child = project.start(['stay']);
  const ended = outcome(child);
  await until(() => existsSync(join(project.folder, 'pid')), 'the command runs');
  await until(() => project.read('pid') !== '', 'its number is written');
  child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 400));
  const start = Date.now();
  child.kill('SIGINT');
  assert.is((await ended).code, 130);
  assert.ok(Date.now() - start < 1000, `${Date.now() - start} ms`);
  assert.not.ok(isRunning(Number(project.read('pid'))), 'the command has ended too');
});

test('ends what a command left running, which holds its output open or hides in a session of its own', async ({
  project,
}) => {
  project.write(
    'rwkv.pipeline.yaml',
    `version: 1\ntasks:\n  leave: { run: "setsid sleep 60 & echo $! > ${project.folder}/loud; setsid sleep 60 > /dev/null 2>&1 & echo $! > ${project.folder}/quiet; echo x > a", outputs: [a] }\n`,
  );
  const start = Date.now();
  assert.is((await project.build(['leave'])).code, 0);
  assert.ok(Date.now() - start < 20_000);
  for (const name of ['loud', 'quiet']) assert.not.ok(isRunning(Number(project.read(name))), name);
});

test('ends what a command left running before the next command starts', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    `version: 1
tasks:
  leave: { run: "setsid sleep 60 > /dev/null 2>&1 & echo $! > pid", outputs: [pid] }
  look: { run: "if grep -q 'State:.[RSD]' /proc/$(cat pid)/status; then exit 1; fi; echo x > b", inputs: [pid], outputs: [b] }
`,
  );
  const { code, stderr } = await project.build(['look']);
  assert.is(code, 0, stderr);
});

test('ends the command of a build that was killed before it goes on', async ({ project }) => {
  const child = project.start(['three']);
  const ended = outcome(child);
  await until(() => existsSync(join(project.folder, 'pid')), 'the third task runs');
  await until(() => project.read('pid') !== '', 'its number is written');
  child.kill('SIGKILL');
  await ended;
  const pid = Number(project.read('pid'));
  assert.ok(isRunning(pid), 'a process that is killed cannot end its children');
  await project.build(['one']);
  assert.not.ok(isRunning(pid));
});

test('leaves nothing half-made under out/ for long, however it is killed', async ({ project }) => {
  project.write('go', '');
  await project.build(['three']);
  const dead = spawnSync('true').pid;
  for (const pid of [dead, process.pid]) project.write(`out/.unfinished-${pid}/1`, 'half');
  await project.build(['three']);
  assert.equal(readdirSync(join(project.folder, 'out')).sort(), [`.unfinished-${process.pid}`, 'c.txt']);
});

test('lets two builds of one folder run at once', async ({ project }) => {
  project.write('go', '');
  const [left, right] = await Promise.all([project.build(['three']), project.build(['three'])]);
  assert.is(left.code, 0, left.stderr);
  assert.is(right.code, 0, right.stderr);
  assert.is((await project.build(['three'])).summary.ran, 0);
});

test('says that the disk is full, names the place, and goes on from there when it is not', async ({
  project,
}) => {
  const disk = scratchDisk(256);
  if (disk === undefined) return console.log('skipped: mounting is not permitted here');
  const cache = join(disk, 'cache');
  mkdirSync(cache);
  symlinkSync(join(project.cache, 'environments'), join(cache, 'environments'));
  project.write(
    'rwkv.pipeline.yaml',
    'version: 1\ntasks:\n  big: { run: "head -c 1000000 /dev/zero > big.bin", outputs: [big.bin] }\n  small: { run: echo x > s, outputs: [s] }\n',
  );
  execFileSync('sh', ['-c', `head -c 200000 /dev/zero > ${disk}/filler`]);
  const small = await project.run(['small'], { RWKV_BUILD_CACHE: cache });
  assert.is(small.code, 0, small.stderr);
  execFileSync('sh', ['-c', `cat /dev/zero > ${disk}/rest 2>/dev/null || true`]);
  const full = await project.run(['small'], { RWKV_BUILD_CACHE: cache });
  assert.is(full.code, 0, 'what is in the store needs no room');
  const failed = await project.run(['big'], { RWKV_BUILD_CACHE: cache });
  assert.is(failed.code, 1);
  assert.match(failed.stderr, /full|No space left/);
  assert.match(failed.stderr, disk);
  rmSync(join(disk, 'rest'));
  rmSync(join(disk, 'filler'));
  assert.is((await project.run(['small'], { RWKV_BUILD_CACHE: cache })).code, 0);
});

test('builds an action again whose blob in the store was damaged', async ({ project }) => {
  project.write('go', '');
  await project.build(['three']);
  const blobs = join(project.cache, 'cas', 'sha256');
  for (const folder of readdirSync(blobs)) {
    for (const name of readdirSync(join(blobs, folder))) {
      const path = join(blobs, folder, name);
      execFileSync('sh', ['-c', `chmod u+w ${path} && : > ${path}`]);
    }
  }
  rmSync(join(project.folder, 'out'), { recursive: true });
  const { code, summary } = await project.build(['three']);
  assert.is(code, 0);
  assert.ok(summary.ran > 0);
  assert.is(project.read('out/c.txt'), 'x\n');
});

test.run();
