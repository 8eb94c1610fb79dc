import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { ownProgram } from '../own-program.ts';

export interface BuildPlace {
  readonly folder: string;
  readonly cache: string;
}

export interface BuildEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly seconds: number;
  /** The end of what it said, for a report. */
  readonly said: string;
}

const SAID_CHARACTERS = 4000;

/** A build of everything, in a process group of its own. */
export class KillableBuild {
  readonly ended: Promise<BuildEnd>;
  private readonly child: ChildProcess;

  constructor({ folder, cache }: BuildPlace) {
    const [program = '', ...args] = ownProgram();
    const start = performance.now();
    this.child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, RWKV_BUILD_CACHE: cache, CI: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let said = '';
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-SAID_CHARACTERS);
    };
    this.child.stdout?.on('data', listen);
    this.child.stderr?.on('data', listen);
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) =>
        resolve({ code, signal, seconds: (performance.now() - start) / 1000, said }),
      );
    });
  }

  /** Kills it after so many seconds, alone or with its process group. False when it had ended by then. */
  async killAfter(seconds: number, whom: 'process' | 'group'): Promise<boolean> {
    await Promise.race([setTimeout(seconds * 1000), this.ended]);
    const { pid } = this.child;
    if (pid === undefined || this.child.exitCode !== null) return false;
    try {
      process.kill(whom === 'group' ? -pid : pid, 'SIGKILL');
    } catch {
      return false;
    }
    return (await this.ended).signal === 'SIGKILL';
  }
}
