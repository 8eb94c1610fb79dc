import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PROGRAM, Project } from '../rig/project.ts';

const test = suite<{ project: Project; bin: string }>('shell completion');

const PIPELINE = `
version: 1
params: { chunks: 2, soc: [SM8650] }
models: { austen: { weights: a.pth } }
tasks:
  paint: { run: "echo x > a.txt", outputs: [a.txt], description: makes a picture }
  print: { run: "echo x > b.txt", outputs: [b.txt] }
targets: { all: [paint, print] }
`;

test.before.each((context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE });
  context.bin = join(context.project.folder, '..', 'bin');
  mkdirSync(context.bin);
  symlinkSync(PROGRAM, join(context.bin, 'rwkv-build'));
  execFileSync('chmod', ['+x', PROGRAM]);
});
test.after.each(({ project }) => project.remove());

/** What bash offers for the last of the words, by the function that the script has it call. */
function bash({ project, bin }: { project: Project; bin: string }, ...words: string[]): string[] {
  const quoted = ['rwkv-build', ...words].map((word) => `'${word}'`).join(' ');
  const script = `source <(rwkv-build completion bash)
    COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}
    compopt() { :; }
    $(complete -p rwkv-build | sed 's/.*-F \\([^ ]*\\).*/\\1/')
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const PATH = `${bin}:${process.env.PATH}`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], {
    cwd: project.folder,
    env: { ...process.env, PATH },
    encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

test('offers bash the commands, and the tasks and targets of the pipeline in the folder', (context) => {
  const found = bash(context, '');
  for (const name of ['build', 'watch', 'plan', 'doctor', 'all', 'paint', 'print']) {
    assert.ok(found.includes(name), name);
  }
  assert.equal(bash(context, 'watch', 'p'), ['paint', 'print']);
  assert.equal(bash(context, 'why', 'pa'), ['paint']);
});

test('offers options of the command, choices, models, parameters and SoCs', (context) => {
  assert.ok(bash(context, 'build', '--s').includes('--soc'));
  assert.not.ok(bash(context, 'init', '--').includes('--jobs'));
  assert.ok(bash(context, 'graph', '--format', 'm').includes('mermaid'));
  assert.equal(bash(context, '--model', ''), ['austen']);
  assert.equal(bash(context, '--set', 'c'), ['chunks=']);
  assert.equal(bash(context, '--soc', 'SM8650,SM8845'), ['SM8650,SM8845']);
  assert.equal(bash(context, 'completion', ''), ['bash', 'zsh', 'fish']);
});

test('reads the pipeline that `-f` names, and what can be read of a broken one', (context) => {
  context.project.write('other.yaml', 'version: 1\ntasks:\n  lonely: { run: "true" }\n  half: { run: [\n');
  assert.ok(bash(context, '-f', 'other.yaml', 'lon').includes('lonely'));
  assert.equal(bash(context, '-f', 'none.yaml', 'lon'), []);
});

for (const shell of ['zsh', 'fish']) {
  test(`writes a script that ${shell} can read`, async ({ project }) => {
    const { stdout, code } = await project.run(['completion', shell]);
    assert.is(code, 0);
    project.write(`script.${shell}`, stdout);
    const checked = spawnSync(shell, ['-n', join(project.folder, `script.${shell}`)], { encoding: 'utf8' });
    if (checked.error !== undefined) return console.log(`skipped: ${shell} is not on this machine`);
    assert.is(checked.status, 0, checked.stderr);
  });
}

test('offers fish the same, with descriptions', ({ project, bin }) => {
  const script = "rwkv-build completion fish | source; complete -C 'rwkv-build build pai'";
  const { stdout, error } = spawnSync('fish', ['-c', script], {
    cwd: project.folder,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    encoding: 'utf8',
  });
  if (error !== undefined) return console.log('skipped: fish is not on this machine');
  assert.is(stdout, 'paint\tmakes a picture\n');
});

test.run();
