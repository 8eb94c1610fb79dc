import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PushedFile, RunOptions } from '../../device/device.ts';

/** Runs a test with a temporary folder of its own. */
export async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rwkv-build-device-'));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a file and describes it as one to be pushed. */
export async function pushable(
  folder: string,
  to: string,
  content: string | Uint8Array,
  mode: 'data' | 'program' = 'data',
): Promise<PushedFile> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const from = join(folder, `source-${sha256.slice(0, 16)}`);
  await writeFile(from, content);
  return { from, to, sha256, executable: mode === 'program' };
}

/** Run options that keep what the program writes. */
export class Captured {
  stdout = '';
  stderr = '';

  options(more: Partial<RunOptions> = {}): RunOptions {
    return {
      cwd: '.',
      environment: {},
      timeLimitSeconds: 30,
      onStdout: (chunk) => {
        this.stdout += Buffer.from(chunk).toString('utf8');
      },
      onStderr: (chunk) => {
        this.stderr += Buffer.from(chunk).toString('utf8');
      },
      ...more,
    };
  }
}
