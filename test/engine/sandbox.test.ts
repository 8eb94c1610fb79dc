import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PROGRAM, Project, REPOSITORY } from '../rig/project.ts';

const test = suite<{ project: Project }>('a strict sandbox');

test.before.each((context) => {
  context.project = new Project({ 'text.txt': 'x\n', 'notes.txt': 'a note\n' });
});
test.after.each(({ project }) => project.remove());

/** Bubblewrap is no requirement of this project: where it is absent or the kernel forbids it, there is no sandbox. */
function hasSandbox(): boolean {
  try {
    execFileSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const inSandbox = hasSandbox() ? test : test.skip;

const pipeline = (tasks: string, head = ''): string => `version: 1\n${head}tasks:\n${tasks}`;

inSandbox(
  'shows a command its inputs, its home and the system, and nothing else of the machine',
  async ({ project }) => {
    project.write(
      'rwkv.pipeline.yaml',
      pipeline(`  look:
    run: |
      { ls -A /; ls -A /root /home /var 2>/dev/null; } | sort > seen.txt
      cat text.txt >> seen.txt
      ls ${dirname(project.folder)} >> seen.txt
      ls ${project.cache} >> seen.txt
      echo x > $HOME/file; echo x > /tmp/file
      cat /proc/[0-9]*/comm | wc -l > processes.txt
    inputs: [text.txt]
    outputs: [seen.txt, processes.txt]
`),
    );
    const { code, stderr } = await project.run(['look', '--sandbox', 'strict']);
    assert.is(code, 0, stderr);
    const seen = project.read('out/seen.txt').split('\n');
    for (const hidden of ['root', 'home', 'var', 'opt', 'project', 'cas', 'ac', 'environments']) {
      assert.not.ok(seen.includes(hidden), hidden);
    }
    assert.ok(seen.includes('usr') && seen.includes('x') && seen.includes('work'));
    assert.ok(Number(project.read('out/processes.txt')) < 8, 'it sees its own processes only');
    assert.not.ok(existsSync('/tmp/file'));
  },
);

inSandbox(
  'names a file of the project that a command reads by an absolute path, and the line to add',
  async ({ project }) => {
    const text = pipeline(
      `  look: { run: "cat ${project.folder}/notes.txt > a", inputs: [text.txt], outputs: [a] }\n`,
    );
    project.write('rwkv.pipeline.yaml', text);
    const { code, stderr } = await project.run(['look', '--sandbox', 'strict']);
    assert.is(code, 1);
    assert.match(stderr, 'look reads `notes.txt` without declaring it');
    assert.match(stderr, 'add `notes.txt` to `inputs:` of task `look`, rwkv.pipeline.yaml:3');
  },
);

inSandbox('names a file elsewhere on the machine that a command reads', async ({ project }) => {
  const elsewhere = join(project.cache, 'elsewhere.txt');
  writeFileSync(elsewhere, 'x');
  project.write('rwkv.pipeline.yaml', pipeline(`  look: { run: "cat ${elsewhere} > a", outputs: [a] }\n`));
  const { code, stderr } = await project.run(['look', '--sandbox', 'strict']);
  assert.is(code, 1);
  assert.match(stderr, `look reads \`${elsewhere}\`, which a strict sandbox hides`);
});

inSandbox(
  'keeps even root from writing to an input, and anyone from writing elsewhere',
  async ({ project }) => {
    project.write(
      'rwkv.pipeline.yaml',
      pipeline(`  make: { run: echo x > made.txt, outputs: [made.txt] }
  spoil:
    run: |
      if echo y 2>/dev/null >> made.txt; then exit 1; fi
      if echo y 2>/dev/null > /usr/file; then exit 2; fi
      if mkdir /folder 2>/dev/null; then exit 3; fi
      echo z > a
    inputs: [made.txt]
    outputs: [a]
`),
    );
    const { code, stderr } = await project.run(['spoil', '--sandbox', 'strict']);
    assert.is(code, 0, stderr);
  },
);

inSandbox('has no network, unless the task says that it reaches it', async ({ project }) => {
  const server = createServer((_request, response) => response.end('hello\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const script = `python3 -c \\"import urllib.request as r; print(r.urlopen('http://127.0.0.1:${port}').read())\\" > a`;
  const task = (reach: string): string => pipeline(`  get: { run: "${script}", outputs: [a]${reach} }\n`);
  try {
    project.write('rwkv.pipeline.yaml', task(''));
    assert.is((await project.run(['get', '--sandbox', 'strict'], { PATH: '/usr/bin:/bin' })).code, 1);
    project.write('rwkv.pipeline.yaml', task(', reach: network'));
    const { code, stderr } = await project.run(['get', '--sandbox', 'strict'], { PATH: '/usr/bin:/bin' });
    assert.is(code, 0, stderr);
  } finally {
    server.close();
  }
});

inSandbox('says how a task gets a network when one is missing', async ({ project }) => {
  const script = "echo 'curl: (6) Could not resolve host: example.org' >&2; exit 6";
  project.write('rwkv.pipeline.yaml', pipeline(`  get: { run: "${script}", outputs: [a] }\n`));
  const { code, stderr } = await project.run(['get', '--sandbox', 'strict']);
  assert.is(code, 1);
  assert.match(stderr, '`reach: network` in the task gives it one');
  assert.not.match((await project.run(['get'])).stderr, 'reach: network', 'only where it has none');
});

inSandbox('keeps a command from writing to a big input, which is not copied for it', async ({ project }) => {
  const big = join(project.folder, 'big.bin');
  writeFileSync(big, '');
  truncateSync(big, 65 * 1024 * 1024);
  const script = 'if echo x 2>/dev/null >> big.bin; then exit 1; fi; echo z > a';
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`  spoil: { run: "${script}", inputs: [big.bin], outputs: [a] }\n`),
  );
  const { code, stderr } = await project.run(['spoil', '--sandbox', 'strict']);
  assert.is(code, 0, stderr);
});

inSandbox('hides nothing from a task that reaches a device', async ({ project }) => {
  const text = pipeline(
    `  look: { run: "cp ${project.folder}/notes.txt a", outputs: [a], reach: device }\n`,
    'sandbox: strict\n',
  );
  project.write('rwkv.pipeline.yaml', text);
  assert.is((await project.run(['look'])).code, 0);
});

inSandbox(
  'is the pipeline’s own wish with `sandbox: strict`, which the command line can set aside',
  async ({ project }) => {
    const text = pipeline(
      `  look: { run: "cp ${project.folder}/notes.txt a", outputs: [a] }\n`,
      'sandbox: strict\n',
    );
    project.write('rwkv.pipeline.yaml', text);
    assert.is((await project.run(['look'])).code, 1);
    assert.is((await project.run(['look', '--sandbox', 'standard'])).code, 0);
  },
);

inSandbox('decides no result: what was built without it is not built again', async ({ project }) => {
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  copy: { run: cp text.txt a, inputs: [text.txt], outputs: [a] }\n'),
  );
  await project.build(['copy']);
  const { outcomes } = await project.build(['copy', '--sandbox', 'strict']);
  assert.equal(outcomes, { copy: 'cached' });
});

inSandbox('shows a large input that is linked into the folder', async ({ project }) => {
  const size = 65 * 1024 * 1024;
  project.write('large.bin', Buffer.alloc(size));
  project.write(
    'rwkv.pipeline.yaml',
    pipeline('  count: { run: wc -c < large.bin > a, inputs: [large.bin], outputs: [a] }\n'),
  );
  const { code, stderr } = await project.run(['count', '--sandbox', 'strict']);
  assert.is(code, 0, stderr);
  assert.is(Number(project.read('out/a')), size);
});

inSandbox('lets nothing outlive its command, whatever it did to hide', async ({ project }) => {
  const mark = `${process.pid}.25`;
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(`  hide: { run: "env -i setsid sleep 1${mark} >/dev/null 2>&1 & echo x > a", outputs: [a] }\n`),
  );
  assert.is((await project.run(['hide', '--sandbox', 'strict'])).code, 0);
  const running = execFileSync('sh', [
    '-c',
    'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "',
  ]).toString();
  assert.not.match(running, `sleep 1${mark}`);
});

test('tells how to get bubblewrap where it is not', async ({ project }) => {
  project.write('rwkv.pipeline.yaml', pipeline('  make: { run: echo x > a, outputs: [a] }\n'));
  const { code, stderr } = await project.run(['make', '--sandbox', 'strict'], { PATH: '/nowhere' });
  assert.is(code, 3);
  assert.match(stderr, 'bubblewrap');
  assert.match(stderr, 'apt-get install -y bubblewrap');
});

inSandbox('says in words that namespaces are forbidden', async ({ project }) => {
  const folder = join(project.cache, 'bin');
  mkdirSync(folder);
  // The system's own bubblewrap, in a system where the kernel grants no namespace.
  writeFileSync(
    join(folder, 'bwrap'),
    '#!/bin/sh\nexec unshare --user --map-root-user sh -c \'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all /usr/bin/bwrap "$@"\' sh "$@"\n',
  );
  chmodSync(join(folder, 'bwrap'), 0o755);
  project.write('rwkv.pipeline.yaml', pipeline('  make: { run: echo x > a, outputs: [a] }\n'));
  const { code, stderr } = await project.run(['make', '--sandbox', 'strict'], {
    PATH: `${folder}:/usr/bin:/bin`,
  });
  assert.is(code, 3, stderr);
  assert.match(stderr, 'namespaces that a strict sandbox consists of');
  assert.match(stderr, '--sandbox standard');
});

inSandbox('works for an ordinary user', async ({ project }) => {
  if (process.getuid?.() !== 0) return;
  project.write(
    'rwkv.pipeline.yaml',
    pipeline(
      `  copy: { run: "if cat ${project.folder}/notes.txt; then exit 1; fi; cp text.txt a", inputs: [text.txt], outputs: [a] }\n`,
    ),
  );
  const root = dirname(project.folder);
  const node = join(root, 'node');
  // Root's home is closed to others: the program and Node go with the project.
  execFileSync('sh', [
    '-c',
    `cp ${process.execPath} ${node} && cp -r ${dirname(PROGRAM)} ${REPOSITORY}/package.json ${root}/ && rm -f ${project.cache}/environments && chown -R 65534:65534 ${root}`,
  ]);
  const program = join(root, 'dist', basename(PROGRAM));
  const script = `cd ${project.folder} && RWKV_BUILD_CACHE=${project.cache} CI=true setpriv --reuid 65534 --regid 65534 --clear-groups ${node} ${program} copy --sandbox strict 2>&1`;
  const said = execFileSync('sh', ['-c', `${script} || true`]).toString();
  assert.match(said, '1 ran');
  assert.is(project.read('out/a'), 'x\n');
});

test.run();
