import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BUILDABLE_VERSIONS } from '../../tasks/model-recognition.ts';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('synth');

test.before.each((context) => {
  context.project = new Project();
});
test.after.each(({ project }) => project.remove());

const TINY = ['--layers', '2', '--embd', '64', '--vocab', '256'] as const;

test('writes weights of every version, which are recognised and can be exported', async ({ project }) => {
  for (const version of BUILDABLE_VERSIONS) {
    const file = `v${version}.safetensors`;
    const made = await project.run(['synth', '--arch', `v${version}`, ...TINY, '-o', file]);
    assert.is(made.code, 0, made.stderr);
    const { stdout } = await project.run(['init', file, '--dry-run']);
    assert.match(stdout, `RWKV-${version}, 2 layers of 64, 256 tokens`);
    assert.is(stdout.includes('# group_norm_eps: 1e-5'), version.startsWith('5.'));
  }
  assert.is((await project.run(['init'])).code, 0);
  const exported = await project.run(['export']);
  assert.is(exported.code, 0, exported.stderr);
});

test('gives the same file for the same seed, and really other numbers for another', async ({ project }) => {
  const file = async (name: string, ...flags: string[]): Promise<Buffer> => {
    await project.run(['synth', '--arch', 'v7', ...TINY, ...flags, '-o', name]);
    return readFileSync(join(project.folder, name));
  };
  const one = await file('one.safetensors');
  assert.ok(one.equals(await file('again.safetensors', '--seed', '0')));
  const other = await file('other.safetensors', '--seed', '1');
  assert.is(other.length, one.length);
  let equal = 0;
  for (let at = 0; at < one.length; at += 2) if (one.readUInt16LE(at) === other.readUInt16LE(at)) equal += 1;
  assert.ok(equal < one.length / 2 / 10, `${equal} halves are the same`);
});

test('refuses sizes that no model has, and leaves no file', async ({ project }) => {
  const said = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await project.run(['synth', ...args]);
    assert.is.not(code, 0);
    assert.throws(() => project.read('x.safetensors'));
    return stderr;
  };
  const embd = (channels: string): string[] => ['--layers', '1', '--embd', channels, '-o', 'x.safetensors'];
  assert.match(await said('--arch', 'v7', ...embd('100')), '100 channels are no whole number of heads of 64');
  assert.match(await said('--arch', 'v8', ...embd('64')), 'Allowed choices are v5.1');
  assert.match(await said('--arch', 'v7', ...embd('0')), 'Expected a whole number from 1');
  assert.match(
    await said('--arch', 'v7', '--layers', '1', '--embd', '64', '-o', 'no/x.safetensors'),
    'no folder to write to',
  );
});

test.run();
