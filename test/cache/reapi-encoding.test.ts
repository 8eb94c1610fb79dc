import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Digest } from '../../cache/digest.ts';
import {
  type Action,
  type Command,
  type Directory,
  encodeAction,
  encodeCommand,
  encodeDigest,
  encodeDirectory,
} from '../../cache/reapi-encoding.ts';

interface Case<T> {
  readonly message: T;
  readonly hex: string;
}

interface Golden {
  readonly digest: readonly Case<Digest>[];
  readonly directory: readonly Case<Directory>[];
  readonly command: readonly Case<Command>[];
  readonly action: readonly Case<Action>[];
}

const golden = JSON.parse(readFileSync(new URL('golden/reapi.json', import.meta.url), 'utf8')) as Golden;

function sameBytes<T>(cases: readonly Case<T>[], encode: (message: T) => Uint8Array): void {
  assert.ok(cases.length > 0);
  for (const { message, hex } of cases) assert.is(Buffer.from(encode(message)).toString('hex'), hex);
}

const test = suite('REAPI encoding');

test('a digest has the bytes of the reference library', () => sameBytes(golden.digest, encodeDigest));
test('a directory has the bytes of the reference library', () =>
  sameBytes(golden.directory, encodeDirectory));
test('a command has the bytes of the reference library', () => sameBytes(golden.command, encodeCommand));
test('an action has the bytes of the reference library', () => sameBytes(golden.action, encodeAction));

test('the empty directory has no bytes', () => {
  assert.is(encodeDirectory({ files: [], directories: [] }).byteLength, 0);
});

test('the order in which things are given does not matter', () => {
  for (const { message, hex } of golden.command) {
    const turned = {
      ...message,
      environmentVariables: Object.fromEntries(Object.entries(message.environmentVariables).reverse()),
      platform: Object.fromEntries(Object.entries(message.platform).reverse()),
      outputPaths: [...message.outputPaths].reverse(),
    };
    assert.is(Buffer.from(encodeCommand(turned)).toString('hex'), hex);
  }
  for (const { message, hex } of golden.directory) {
    const turned = { files: [...message.files].reverse(), directories: [...message.directories].reverse() };
    assert.is(Buffer.from(encodeDirectory(turned)).toString('hex'), hex);
  }
});

test('a size that a double cannot hold is a bug and throws', () => {
  assert.throws(() => encodeDigest({ hash: 'a', size: 2 ** 53 }), /not an unsigned integer/);
  assert.throws(() => encodeDigest({ hash: 'a', size: -1 }), /not an unsigned integer/);
});

test.run();
