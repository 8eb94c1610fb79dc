/** What runs in a worker thread: hashes one file at a time, as it is told. */
import { parentPort } from 'node:worker_threads';
import { digestFileBlocking, FileChangedError } from './digest.ts';
import type { HashAnswer } from './hash-threads.ts';

parentPort?.on('message', (path: string) => {
  parentPort?.postMessage(answer(path));
});

function answer(path: string): HashAnswer {
  try {
    return { digest: digestFileBlocking(path) };
  } catch (error) {
    // An error loses its class and its code on the way between threads.
    if (error instanceof FileChangedError) return { changed: error.path };
    const { message, code } = error as NodeJS.ErrnoException;
    return { message, ...(code === undefined ? {} : { code }) };
  }
}
