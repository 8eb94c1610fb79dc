import { connect, createServer, type Server, type Socket } from 'node:net';

/** What befalls a link: it is cut, stalls without a word, or something is done to what stands at its ends. */
export type Fault = 'cut' | 'stall' | (() => void);

export type Direction = 'to-device' | 'from-device';

/** A TCP link to a device that can be cut, stalled and throttled, to stand between a real adb and a real adbd. */
export class FaultyLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trigger: { after: number; readonly fault: Fault; readonly direction: Direction } | undefined;
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

  /** Lets this many more bytes through in a direction, then the fault comes, once. */
  failAfter(after: number, fault: Fault, direction: Direction = 'to-device'): void {
    this.#trigger = { after, fault, direction };
  }

  /** Whether the fault has yet to come. */
  get isArmed(): boolean {
    return this.#trigger !== undefined;
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
    this.#pass(near, far, 'to-device');
    this.#pass(far, near, 'from-device');
  }

  #pass(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (direction === 'to-device' && Number.isFinite(this.#bytesPerSecond)) {
        from.pause();
        setTimeout(() => from.resume(), (1000 * chunk.byteLength) / this.#bytesPerSecond);
      }
      if (this.#trigger?.direction !== direction) return;
      this.#trigger.after -= chunk.byteLength;
      if (this.#trigger.after > 0) return;
      const { fault } = this.#trigger;
      this.#trigger = undefined;
      if (fault === 'cut') this.cut();
      else if (fault === 'stall') stall(from, to);
      else fault();
    });
  }
}

/** Neither side is told anything: to adb the device still is one. */
function stall(one: Socket, other: Socket): void {
  for (const socket of [one, other]) {
    socket.removeAllListeners('data');
    socket.removeAllListeners('drain');
    socket.pause();
  }
}
