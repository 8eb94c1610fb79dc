import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageFailure } from '../cache/storage-failure.ts';
import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { boundedProcess } from './bounded-process.ts';
import { ADBD, PHONE_NAMESPACE, phoneScript } from './phone-namespace.ts';

export interface PhoneOptions {
  /** The folder with adbd. */
  readonly adbd: string;
  /** What it says of itself: `ro.soc.model`. */
  readonly soc: string;
  /** On this machine's loopback; a free one when it is left out. */
  readonly port?: number;
  /** It asks for a key, and lets in whoever has one of these (lines of `adbkey.pub`); else it lets everyone in. */
  readonly authorized?: readonly string[];
  /** How much it can store, in bytes; then its storage is memory. */
  readonly spaceBytes?: number;
}

const START_MS = 10_000;
const POLL_MS = 20;

/**
 * A phone that is none: a real adbd in Linux namespaces of its own, with a read-only system and storage that goes
 * when it is stopped. It is reached at the loopback alone. Its programs are this machine's kind, x86-64 Linux, so that
 * the HTP is the emulated one.
 */
export class EmulatedPhone {
  /** Where adb connects to: `127.0.0.1:PORT`. */
  readonly serial: string;
  /** Resolves when it is gone, with what it wrote to standard error. */
  readonly ended: Promise<string>;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(serial: string, folder: string, process: ChildProcess) {
    this.serial = serial;
    this.#folder = folder;
    this.#process = process;
    let words = '';
    process.stderr?.on('data', (chunk: Buffer) => {
      words = `${words}${chunk.toString()}`.slice(-4000);
    });
    this.ended = new Promise((resolve) => {
      process.on('error', (error) => resolve(error.message));
      process.on('close', () => resolve(words.trim()));
    });
  }

  /** Fails with `environment-missing` where this machine allows no namespaces, or has something else at the port. */
  static async start(options: PhoneOptions): Promise<Result<EmulatedPhone, Failure>> {
    const port = await listenablePort(options.port ?? 0);
    if (port === undefined) {
      return fail(missing(`port ${options.port} is in use`, 'take another `--port`, or none for a free one'));
    }
    const folder = await mkdtemp(join(tmpdir(), 'rwkv-build-phone-'));
    try {
      const child = spawn(
        PHONE_NAMESPACE[0] ?? '',
        [
          ...PHONE_NAMESPACE.slice(1),
          ...['/bin/sh', '-c', phoneScript(await makePlaces(folder, port, options))],
        ],
        { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
      );
      const phone = new EmulatedPhone(`127.0.0.1:${port}`, folder, child);
      const words = await Promise.race([phone.ended, answers(port)]);
      if (words === true) return ok(phone);
      await phone.stop();
      return fail(missing(words === false ? 'its adbd does not answer' : words));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      return fail(storageFailure(folder, error));
    }
  }

  /**
   * What a tap on "Allow" does: lets in whoever has the private part of this key. adbd starts again, for it asks for
   * a key when somebody connects, as adb does by itself.
   */
  async authorize(publicKey: string): Promise<void> {
    await appendFile(join(this.#folder, 'keys', 'adb_keys'), `${publicKey.trim()}\n`);
    await this.restartAdbd();
  }

  /** Kills adbd, and with it all connections; the phone's first process starts it again. */
  async restartAdbd(): Promise<void> {
    const [init] = await childrenOf(this.#process.pid);
    for (const child of await childrenOf(init)) {
      // Programs whose parent is gone are its children too.
      const program = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
      if (program.startsWith(ADBD)) kill(child);
    }
  }

  /** Ends all of its processes and removes its folder; its mounts were in its namespace and go with that. */
  async stop(): Promise<void> {
    const { pid } = this.#process;
    if (pid !== undefined && this.#process.exitCode === null && this.#process.signalCode === null) {
      // When a namespace's first process is killed, the kernel ends all others before `unshare` hears of it and ends.
      const [init] = await childrenOf(pid);
      kill(init ?? pid);
    }
    await this.ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Whether this machine lets a program make the namespaces of a phone; in most containers it does not. */
export async function phoneNamespaces(): Promise<Result<void, Failure>> {
  const [program = '', ...words] = [...PHONE_NAMESPACE, 'mount', '-t', 'proc', 'proc', '/proc'];
  const end = await boundedProcess({
    program,
    arguments: words,
    environment: process.env,
    silenceSeconds: START_MS / 1000,
  });
  if (end.end === 'exited' && end.exitCode === 0) return ok(undefined);
  if (end.end === 'exited') return fail(missing(end.stderr.trim()));
  return fail(
    missing(`\`${program}\` ${end.end === 'not-started' ? `cannot be started: ${end.code}` : 'hangs'}`),
  );
}

async function makePlaces(folder: string, port: number, options: PhoneOptions) {
  const places = {
    root: join(folder, 'root'),
    data: join(folder, 'data'),
    keys: join(folder, 'keys'),
    properties: join(folder, 'properties'),
    adbd: options.adbd,
    name: 'emulated-phone',
  };
  for (const each of [places.root, places.data, places.keys]) await mkdir(each);
  await writeFile(
    join(places.keys, 'adb_keys'),
    (options.authorized ?? []).map((key) => `${key.trim()}\n`).join(''),
  );
  await writeFile(places.properties, propertyLines(port, options));
  return options.spaceBytes === undefined ? places : { ...places, spaceBytes: options.spaceBytes };
}

function propertyLines(port: number, { soc, authorized }: PhoneOptions): string {
  const properties = {
    'service.adb.listen_addrs': `tcp:localhost:${port}`,
    'ro.adb.secure': authorized === undefined ? '0' : '1',
    'ro.soc.model': soc,
    'ro.product.manufacturer': 'rwkv-build',
    'ro.product.model': 'emulated phone',
    'ro.product.name': 'emulated_phone',
    'ro.product.device': 'emulated_phone',
    'ro.product.cpu.abi': 'x86_64',
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** The port when it can be listened at, and for 0 one that can; undefined when not. */
function listenablePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** Whether something listens at the port before the time for that is over. */
async function answers(port: number): Promise<boolean> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (await connects(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function childrenOf(pid: number | undefined): Promise<readonly number[]> {
  const words = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return words
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

const ALLOW_NAMESPACES =
  'it needs user namespaces: start a container with `--privileged`; on Ubuntu, `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`';

function missing(cause: string, hint: string = ALLOW_NAMESPACES): Failure {
  return {
    kind: 'environment-missing',
    tool: 'emulated phone',
    message: `the emulated phone did not start: ${cause}`,
    hint,
  };
}
