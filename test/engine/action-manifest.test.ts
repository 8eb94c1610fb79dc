import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes } from '../../cache/digest.ts';
import type { Action } from '../../engine/action-graph.ts';
import { type ResolvedFile, walkManifest } from '../../engine/action-manifest.ts';
import { changeLines } from '../../engine/change-text.ts';
import { manifestChanges, RecordVisitor } from '../../engine/explanation.ts';
import { FingerprintVisitor } from '../../engine/fingerprint.ts';
import type { ActionSpec } from '../../engine/kind.ts';

const test = suite('the manifest of an action');

const file = (path: string, content: string, executable = false): ResolvedFile => ({
  path,
  digest: digestBytes(Buffer.from(content)),
  executable,
  origin: path,
});

const SPEC: ActionSpec = {
  name: '',
  command: ['convert', '--chunks', '2', { tool: 'python', path: 'bin/python' }],
  environment: { MODE: 'fast' },
  inputs: [],
  outputs: [{ path: 'out.bin', type: 'file', role: 'file', attributes: {} }],
  tools: ['python'],
  properties: { device: 'emulator' },
};
const FILES = [file('a.txt', 'a'), file('b/c.txt', 'c')];
const VERSIONS = new Map([['python', '3.11']]);

interface Described {
  readonly key: string;
  readonly entries: RecordVisitor['entries'];
}

function describe(
  spec: ActionSpec = SPEC,
  files: readonly ResolvedFile[] = FILES,
  versions: ReadonlyMap<string, string> = VERSIONS,
): Described {
  const location = { file: 'f', line: 1, column: 1, length: 1, excerpt: '' };
  const action: Action = { id: 'task', task: 'task', spec, dependencies: [], location };
  const key = new FingerprintVisitor();
  walkManifest(action, files, versions, key);
  const record = new RecordVisitor();
  walkManifest(action, files, versions, record);
  return { key: key.fingerprint().hash, entries: record.entries };
}

const CHANGES: Readonly<Record<string, readonly [Described, RegExp]>> = {
  'the order of the arguments': [
    describe({ ...SPEC, command: ['convert', { tool: 'python', path: 'bin/python' }, '--chunks', '2'] }),
    /the order of its arguments changed/,
  ],
  'an argument': [
    describe({ ...SPEC, command: ['convert', '--chunks', '4', 'x'] }),
    /argument --chunks was `2`, is `4`/,
  ],
  'one argument more': [describe({ ...SPEC, command: [...SPEC.command, '-v'] }), /argument -v is new/],
  'a variable': [
    describe({ ...SPEC, environment: { MODE: 'slow' } }),
    /environment variable MODE was `fast`, is `slow`/,
  ],
  'a variable that is gone': [describe({ ...SPEC, environment: {} }), /environment variable MODE is gone/],
  'the version of a tool': [
    describe(SPEC, FILES, new Map([['python', '3.12']])),
    /tool python was `3.11`, is `3.12`/,
  ],
  'a property': [
    describe({ ...SPEC, properties: { device: 'phone' } }),
    /property device was `emulator`, is `phone`/,
  ],
  'the content of an input': [
    describe(SPEC, [file('a.txt', 'A'), FILES[1] as ResolvedFile]),
    /input a.txt changed/,
  ],
  'an executable bit': [
    describe(SPEC, [file('a.txt', 'a', true), FILES[1] as ResolvedFile]),
    /input a.txt has become executable/,
  ],
  'an input more': [describe(SPEC, [...FILES, file('d.txt', 'd')]), /input d.txt is new/],
  'an input that is gone': [describe(SPEC, FILES.slice(1)), /input a.txt is gone/],
  'an output': [
    describe({ ...SPEC, outputs: [{ path: 'other.bin', type: 'file', role: 'file', attributes: {} }] }),
    /output other.bin is new/,
  ],
  'what an output is': [
    describe({ ...SPEC, outputs: [{ path: 'out.bin', type: 'directory', role: 'file', attributes: {} }] }),
    /output out.bin/,
  ],
};

for (const [what, [changed, words]] of Object.entries(CHANGES)) {
  test(`gives another key and an explanation in words for ${what}`, () => {
    const before = describe();
    assert.is.not(changed.key, before.key);
    assert.match(changeLines(manifestChanges(before.entries, changed.entries)).join('\n'), words);
  });
}

test('gives the same key and no explanation for the same facts in another order', () => {
  const before = describe();
  const again = describe(SPEC, [...FILES].reverse());
  assert.is(again.key, before.key);
  assert.equal(manifestChanges(before.entries, again.entries), []);
});

test('does not know where on this machine a file came from', () => {
  const moved = FILES.map((one) => ({ ...one, origin: `/elsewhere/${one.path}` }));
  assert.is(describe(SPEC, moved).key, describe().key);
});

test.run();
