import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./device-process.ts', import.meta.url));

/** A `device-process.ts` whose words can be waited for. */
export class KillableProcess {
  readonly #child: ChildProcess;
  #output = '';

  constructor(words: readonly string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...words], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line that it wrote, and every later one as it comes. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.#output.indexOf('\n');
      if (at >= 0) {
        const line = this.#output.slice(0, at);
        this.#output = this.#output.slice(at + 1);
        return line;
      }
      await new Promise((resolve) => {
        this.#child.stdout?.once('data', resolve);
        this.#child.once('close', resolve);
      });
      if (this.#child.exitCode !== null && !this.#output.includes('\n')) return this.#output;
    }
  }

  say(words: string): void {
    this.#child.stdin?.write(`${words}\n`);
  }

  /** Waits until it ends by itself. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null) await new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Kills it as a crash would: no handler of its own runs. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await gone;
  }
}
