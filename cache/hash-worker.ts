/** What runs in a worker thread: hashes one file at a time, as it is told. */
import { parentPort } from 'node:worker_threads';
import { digestFile, FileChangedError } from './digest.ts';
import type { HashAnswer } from './hash-threads.ts';

parentPort?.on('message', async (path: string) => {
  parentPort?.postMessage(await answer(path));
});

async function answer(path: string): Promise<HashAnswer> {
  try {
    return { digest: await digestFile(path) };
  } catch (error) {
    // An error loses its class and its code on the way between threads.
    if (error instanceof FileChangedError) return { changed: error.path };
    const { message, code } = error as NodeJS.ErrnoException;
    return { message, ...(code === undefined ? {} : { code }) };
  }
}
