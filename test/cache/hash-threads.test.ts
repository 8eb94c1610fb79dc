import { execFileSync } from 'node:child_process';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobStore } from '../../cache/blob-store.ts';
import { digestBytes } from '../../cache/digest.ts';
import { BIG_FILE_BYTES, digestBySize } from '../../cache/hash-threads.ts';
import { StatMemo } from '../../cache/stat-memo.ts';
import { PROGRAM, Project } from '../rig/project.ts';
import { scratchFolder } from './scratch-folder.ts';
import { unwrap } from './unwrap.ts';

const test = suite('hash threads');

const threadCount = (): number => readdirSync('/proc/self/task').length;

/** Node's own threads for file operations are all started, so that a new thread is one of ours. */
async function startOwnThreads(path: string): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, () => readFile(path)));
}

function writeZeros(path: string, size: number): void {
  writeFileSync(path, '');
  truncateSync(path, size);
}

test('small files are hashed by the main thread, big ones by another, made when it is needed', async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'small'), 'content');
  writeZeros(join(folder, 'big'), BIG_FILE_BYTES);
  await startOwnThreads(join(folder, 'small'));
  const memo = await StatMemo.load(join(folder, 'memo.json'));
  const before = threadCount();
  unwrap(await memo.digestOf(join(folder, 'small')));
  assert.is(threadCount(), before);
  const digest = unwrap(await memo.digestOf(join(folder, 'big')));
  assert.ok(threadCount() > before);
  assert.equal(digest, digestBytes(Buffer.alloc(BIG_FILE_BYTES)));
});

test('more big files than cores all get their own digest', async () => {
  const folder = scratchFolder();
  const names = Array.from({ length: 9 }, (_, index) => join(folder, `big${index}`));
  for (const [index, path] of names.entries()) writeZeros(path, BIG_FILE_BYTES + index);
  const digests = await Promise.all(names.map((path, index) => digestBySize(path, BIG_FILE_BYTES + index)));
  assert.equal(
    digests,
    names.map((_, index) => digestBytes(Buffer.alloc(BIG_FILE_BYTES + index))),
  );
});

test("a thread's error has its code", async () => {
  try {
    await digestBySize(join(scratchFolder(), 'absent'), BIG_FILE_BYTES);
    assert.unreachable();
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ENOENT');
  }
});

test('a big file is taken into the store under its digest, and verified', async () => {
  const folder = scratchFolder();
  writeZeros(join(folder, 'big'), BIG_FILE_BYTES + 1);
  const store = new BlobStore(join(folder, 'store'));
  const { digest } = unwrap(await store.adoptFile(join(folder, 'big')));
  assert.equal(digest, digestBytes(Buffer.alloc(BIG_FILE_BYTES + 1)));
  assert.equal(unwrap(await store.verify()), { checked: 1, bytes: BIG_FILE_BYTES + 1, damaged: [] });
});

test('a build that hashed big files ends by itself', () => {
  const task = (name: string): string =>
    `  ${name}: { run: "wc -c < ${name}.bin > ${name}.txt", inputs: [${name}.bin], outputs: [${name}.txt] }\n`;
  const project = new Project({ 'p.yaml': `version: 1\ntasks:\n${['a', 'b', 'c'].map(task).join('')}` });
  for (const name of ['a', 'b', 'c']) writeZeros(join(project.folder, `${name}.bin`), BIG_FILE_BYTES);
  execFileSync(process.execPath, [PROGRAM, '-f', 'p.yaml'], {
    cwd: project.folder,
    env: { ...process.env, RWKV_BUILD_CACHE: project.cache },
    timeout: 30_000,
    stdio: 'ignore',
  });
  assert.is(project.read('out/b.txt').trim(), String(BIG_FILE_BYTES));
  project.remove();
});

test.run();
