import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Finished, Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('on GitHub');

const TWO_AT_ONCE = (folder: string): string => `
version: 1
tasks:
  left:
    run: |
      touch ${folder}/left; while [ ! -e ${folder}/right ]; do sleep 0.02; done
      for i in 1 2 3 4 5 6 7 8; do echo left $i; sleep 0.02; done
      echo "::error::not GitHub's business"
      echo l > l.txt
    outputs: [l.txt]
  right:
    run: |
      touch ${folder}/right; while [ ! -e ${folder}/left ]; do sleep 0.02; done
      for i in 1 2 3 4 5 6 7 8; do echo right $i; sleep 0.02; done
      echo r > r.txt
    outputs: [r.txt]
  broken:
    run: "echo 'a | b <c>'; echo '100 %' >&2; exit 7"
    outputs: [b.txt]
`;

test.before.each((context) => {
  context.project = new Project();
  context.project.write('sub/rwkv.pipeline.yaml', TWO_AT_ONCE(context.project.folder));
});
test.after.each(({ project }) => project.remove());

async function onGithub(project: Project, ...args: string[]): Promise<Finished & { page: string }> {
  const page = join(project.folder, '..', 'summary.md');
  project.write('../summary.md', 'before\n');
  const environment = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: project.folder,
    GITHUB_STEP_SUMMARY: page,
  };
  const finished = await project.run([...args, '-f', 'sub/rwkv.pipeline.yaml'], environment);
  return { ...finished, page: project.read('../summary.md') };
}

test('folds the log of each command into a whole group, also of two that run together', async ({
  project,
}) => {
  const { stderr, code } = await onGithub(project, 'left', 'right', '--jobs', '2');
  assert.is(code, 0, stderr);
  const groups = [...stderr.matchAll(/^::group::✓ (\w+) .*\n([\s\S]*?)^::endgroup::$/gm)];
  assert.equal(groups.map(([, id]) => id).sort(), ['left', 'right']);
  for (const [, id = '', lines = ''] of groups) {
    assert.match(lines, `${id} 1\n${id} 2\n`);
    assert.match(lines, `${id} 8\n`);
    assert.not.match(lines, id === 'left' ? 'right 1' : 'left 1');
  }
  // What a command writes must not give GitHub orders.
  assert.match(stderr, /^::stop-commands::(\w+)\n[\s\S]*?::error::not GitHub's business\n::\1::$/m);
});

test('shows a failed command as an error at the line of its task', async ({ project }) => {
  const { stderr, code } = await onGithub(project, 'broken');
  assert.is(code, 1);
  assert.match(
    stderr,
    /^::error file=sub\/rwkv\.pipeline\.yaml,line=18,col=10,endColumn=\d+,title=broken::broken failed: exit code 7/m,
  );
  assert.match(stderr, /^::group::✗ broken/m);
});

test('shows what is wrong with the pipeline file at its line', async ({ project }) => {
  project.write('sub/rwkv.pipeline.yaml', 'version: 1\ntaks: {}\n');
  const { stderr } = await onGithub(project, 'x');
  assert.match(
    stderr,
    /^::error file=sub\/rwkv\.pipeline\.yaml,line=2,col=1,endColumn=5,title=rwkv-build::.*taks/m,
  );
});

test('adds a page to the job: what ran and for how long, what was built, what failed', async ({
  project,
}) => {
  const good = await onGithub(project, 'left', 'right');
  assert.match(good.page, /^before\n### ✅ rwkv-build left right\n\n2 ran, 0 cached in /);
  assert.match(good.page, /\| <code>out\/l\.txt<\/code> \| 2 B \| <code>[0-9a-f]{12}<\/code> \|/);
  assert.match(good.page, /\| ✓ \| <code>left<\/code> \| \d.* s \|/);
  const bad = await onGithub(project, 'broken');
  assert.match(bad.page, '### ❌ rwkv-build broken');
  assert.match(bad.page, '**broken**: broken failed: exit code 7 (<code>sub/rwkv.pipeline.yaml:18</code>)');
  assert.match(bad.page, '```text\na | b <c>\n100 %\n```');
});

test('says that the page cannot be written, and builds all the same', async ({ project }) => {
  mkdirSync(join(project.folder, '..', 'a-folder'));
  const environment = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(project.folder, '..', 'a-folder') };
  const { code, stderr } = await project.run(['left', 'right', '-f', 'sub/rwkv.pipeline.yaml'], environment);
  assert.is(code, 0);
  assert.match(stderr, '::warning title=rwkv-build::the job summary could not be written');
});

test('writes no GitHub commands elsewhere', async ({ project }) => {
  const { stderr } = await project.run(['broken', '-f', 'sub/rwkv.pipeline.yaml']);
  assert.not.match(stderr, /^::/m);
});

test.run();
