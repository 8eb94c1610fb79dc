import { randomBytes } from 'node:crypto';

const MAX_CODE_DIGITS = 3;

/**
 * Tells the end of a remote program from the end of a connection. `adb shell` exits with 0 when its connection is
 * lost (adb 29 and 34), so its exit status says nothing: the remote shell writes this marker with the exit code
 * as its last word, and without the marker nothing has succeeded.
 */
export class EndMarker {
  readonly #halves = [
    `#end-${randomBytes(8).toString('hex')}`,
    `${randomBytes(8).toString('hex')}:`,
  ] as const;
  /** What the remote shell writes before the exit code. Random, so that no program's output can hold it. */
  readonly text: string = this.#halves.join('');
  readonly #bytes = Buffer.from(this.text);
  #held = Buffer.alloc(0);
  #found = false;

  /**
   * The shell words that write the marker with the exit code in a variable. They don't hold it in one piece: a
   * program that lists the device's processes prints the shell's command line too.
   */
  command(variable: string): string {
    return `printf '%s%s%d;' '${this.#halves[0]}' '${this.#halves[1]}' "$${variable}"`;
  }

  /**
   * Takes what arrived and returns what is the program's own. Only bytes that may be the beginning of the marker
   * are held back, so that output streams without delay.
   */
  feed(chunk: Uint8Array): Uint8Array {
    const bytes = this.#held.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    if (this.#found) {
      this.#held = bytes;
      return bytes.subarray(0, 0);
    }
    const at = bytes.indexOf(this.#bytes);
    if (at >= 0) {
      this.#found = true;
      this.#held = bytes.subarray(at + this.#bytes.byteLength);
      return bytes.subarray(0, at);
    }
    const kept = this.#beginningAtEndOf(bytes);
    this.#held = bytes.subarray(bytes.byteLength - kept);
    return bytes.subarray(0, bytes.byteLength - kept);
  }

  /** The remote exit code, once the whole marker has arrived. */
  get exitCode(): number | undefined {
    if (!this.#found) return undefined;
    const match = /^(\d+);/.exec(this.#held.subarray(0, MAX_CODE_DIGITS + 1).toString('latin1'));
    return match === null ? undefined : Number(match[1]);
  }

  /** What is still held back, when the connection ended without a marker. */
  rest(): Uint8Array {
    return this.#found ? new Uint8Array(0) : this.#held;
  }

  /** How many of the last bytes are the marker's first. */
  #beginningAtEndOf(bytes: Buffer): number {
    for (let length = Math.min(this.#bytes.byteLength - 1, bytes.byteLength); length > 0; length--) {
      if (bytes.subarray(bytes.byteLength - length).equals(this.#bytes.subarray(0, length))) return length;
    }
    return 0;
  }
}
