/** Hashes the files that are its arguments with as many threads as there are cores: what a build cannot beat. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

function hashFile(path) {
  const buffer = Buffer.allocUnsafe(4 << 20);
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  closeSync(file);
  return hash.digest('hex');
}

if (isMainThread) {
  const files = process.argv.slice(2);
  const threads = Math.min(availableParallelism(), files.length);
  for (let i = 0; i < threads; i += 1) {
    const share = files.filter((_, at) => at % threads === i);
    new Worker(fileURLToPath(import.meta.url), { workerData: share });
  }
} else {
  workerData.map(hashFile);
}
