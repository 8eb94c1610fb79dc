import { appendFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  digestBytes,
  digestFile,
  digestHandle,
  EMPTY_DIGEST,
  FileChangedError,
  isDigest,
} from '../../cache/digest.ts';
import { scratchFolder } from './scratch-folder.ts';

const test = suite('digest');

test('nothing has the SHA-256 that the standard says', () => {
  assert.is(EMPTY_DIGEST.hash, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.is(EMPTY_DIGEST.size, 0);
});

test('a file has the digest of its bytes, whether it takes one read or several', async () => {
  const path = join(scratchFolder(), 'file');
  for (const size of [0, 1, 4 * 1024 * 1024 - 1, 4 * 1024 * 1024, 9 * 1024 * 1024 + 5]) {
    const bytes = Buffer.alloc(size, 'rwkv');
    writeFileSync(path, bytes);
    assert.equal(await digestFile(path), digestBytes(bytes));
  }
});

test('a file that grows while it is read has no digest', async () => {
  const path = join(scratchFolder(), 'file');
  writeFileSync(path, Buffer.alloc(1000));
  const handle = await open(path);
  const stat = handle.stat.bind(handle);
  // The write comes right after the first look at the file, the worst moment.
  let looks = 0;
  handle.stat = (async (options: { bigint: true }) => {
    const status = await stat(options);
    if (looks++ === 0) appendFileSync(path, 'more');
    return status;
  }) as typeof handle.stat;
  try {
    await digestHandle(handle, path);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FileChangedError);
  } finally {
    await handle.close();
  }
});

test('a file that is not there gives the error of the system', async () => {
  try {
    await digestFile(join(scratchFolder(), 'absent'));
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: unknown }).code, 'ENOENT');
  }
});

test('only what has the form of a digest is one', () => {
  assert.ok(isDigest(EMPTY_DIGEST));
  for (const other of [
    null,
    'a',
    {},
    { hash: 'ab', size: 1 },
    { ...EMPTY_DIGEST, size: -1 },
    { ...EMPTY_DIGEST, size: 0.5 },
  ]) {
    assert.not(isDigest(other));
  }
  assert.not(isDigest({ hash: `../${'a'.repeat(61)}`, size: 1 }));
});

test.run();
