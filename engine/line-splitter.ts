/** Cuts a stream of bytes into lines; a carriage return ends one too, as progress bars write it. */
export class LineSplitter {
  private rest = '';
  private decoder: InstanceType<typeof TextDecoder> | undefined;
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    // Most commands say nothing, and a decoder takes a while to make.
    this.decoder ??= new TextDecoder();
    const parts = (this.rest + this.decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    this.rest = parts.pop() ?? '';
    for (const line of parts) if (line !== '') this.onLine(line);
  }

  end(): void {
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }
}
