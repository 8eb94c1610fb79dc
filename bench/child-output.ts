import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A child that has ended, and what it wrote. */
export interface EndedChild {
  readonly status: number | null;
  readonly said: string;
  readonly complaint: string;
}

/** Reads stdout and stderr of a child until it has ended. */
export async function childOutput(child: ChildProcess): Promise<EndedChild> {
  let said = '';
  let complaint = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, said, complaint };
}
