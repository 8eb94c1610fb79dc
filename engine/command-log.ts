import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { BlobStore } from '../cache/blob-store.ts';
import type { Digest } from '../cache/digest.ts';
import { ok, type Result } from './result.ts';

/** A log that is no longer than this never becomes a file of its own. */
const KEPT_IN_MEMORY_BYTES = 256 * 1024;

/** Everything that a command writes, in the order in which it arrived: in memory, or in a file once it is long. */
export class CommandLog {
  private readonly path: string;
  private chunks: Buffer[] = [];
  private size = 0;
  private file: number | undefined;

  /** `path` is where the file would be, on the store's file system. */
  constructor(path: string) {
    this.path = path;
  }

  push(chunk: Buffer): void {
    this.size += chunk.length;
    try {
      if (this.file === undefined && this.size <= KEPT_IN_MEMORY_BYTES) {
        this.chunks.push(chunk);
        return;
      }
      if (this.file === undefined) {
        this.file = openSync(this.path, 'w+');
        for (const earlier of this.chunks) writeSync(this.file, earlier);
        this.chunks = [];
      }
      writeSync(this.file, chunk);
    } catch {
      // A log that cannot be written (a full disk) must not hide how the command ended.
    }
  }

  /** The end of it, as text, for finding out why a command failed. */
  tail(bytes: number): string {
    if (this.file === undefined) return Buffer.concat(this.chunks).subarray(-bytes).toString();
    const buffer = Buffer.alloc(Math.min(bytes, this.size));
    try {
      const read = readSync(this.file, buffer, 0, buffer.length, this.size - buffer.length);
      return buffer.subarray(0, read).toString();
    } catch {
      return '';
    }
  }

  /** Puts it into the store. Fails as the store does. */
  async keep(blobs: BlobStore): Promise<Result<Digest>> {
    if (this.file === undefined) return blobs.putBytes(Buffer.concat(this.chunks));
    this.close();
    const adopted = await blobs.adoptFile(this.path);
    return adopted.ok ? ok(adopted.value.digest) : adopted;
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}
