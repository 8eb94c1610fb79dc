import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP link to a device that can be cut, stalled and throttled, to stand between a real adb and a real adbd. `after` counts
 * bytes on their way to the device.
 */
export class FaultyLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trigger: { after: number; readonly fault: 'cut' | 'stall' } | undefined;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Where adb connects to: `127.0.0.1:PORT`. */
  readonly address: string;

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  /** A link to the adbd that listens at this address. */
  static async to(device: string): Promise<FaultyLink> {
    const at = device.lastIndexOf(':');
    const target = { host: device.slice(0, at), port: Number(device.slice(at + 1)) };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const link = new FaultyLink(server, `127.0.0.1:${port}`);
    server.on('connection', (near) => link.#join(near, connect(target)));
    return link;
  }

  /** Lets this many more bytes through to the device, then cuts or stalls the link. */
  failAfter(after: number, fault: 'cut' | 'stall'): void {
    this.#trigger = { after, fault };
  }

  /** Lets this much through to the device from now on. */
  throttle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Cuts what is connected; a new connection can be made. */
  cut(): void {
    this.#trigger = undefined;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    far.pipe(near);
    near.on('data', (chunk) => {
      if (!far.write(chunk)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
      if (Number.isFinite(this.#bytesPerSecond)) {
        near.pause();
        setTimeout(() => near.resume(), (1000 * chunk.byteLength) / this.#bytesPerSecond);
      }
      if (this.#trigger === undefined) return;
      this.#trigger.after -= chunk.byteLength;
      if (this.#trigger.after > 0) return;
      if (this.#trigger.fault === 'cut') return this.cut();
      // Neither side is told anything: to adb the device still is one.
      far.unpipe(near);
      near.removeAllListeners('data');
      near.pause();
      far.pause();
    });
  }
}
