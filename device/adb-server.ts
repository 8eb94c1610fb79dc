import { connect } from 'node:net';
import type { Environment } from './adb-program.ts';

/** Where an adb server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 5037;
const ANSWER_MS = 2000;

/** Where adb will look for its server in this environment; undefined when that is not a TCP port. */
export function serverAddress(environment: Environment): ServerAddress | undefined {
  const socket = environment.ADB_SERVER_SOCKET;
  if (socket !== undefined && socket !== '') {
    const match = /^tcp:(?:(.+):)?(\d+)$/.exec(socket);
    return match === null ? undefined : { host: match[1] ?? '127.0.0.1', port: Number(match[2]) };
  }
  const port = Number(environment.ANDROID_ADB_SERVER_PORT ?? '');
  return {
    host: environment.ANDROID_ADB_SERVER_ADDRESS ?? '127.0.0.1',
    port: Number.isInteger(port) && port > 0 ? port : DEFAULT_PORT,
  };
}

/**
 * The protocol version of the adb server that is running, undefined when none answers.
 *
 * An adb client kills a server of another version without asking, and with it whatever other programs do through
 * it; so it is asked for here, over the socket, before any client is started.
 */
export function serverVersion(address: ServerAddress): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address.port, address.host);
    let answer = '';
    const finish = (): void => {
      socket.destroy();
      resolve(parseAnswer(answer));
    };
    socket.setTimeout(ANSWER_MS, finish);
    socket.on('error', finish);
    socket.on('close', finish);
    socket.on('connect', () => socket.write('000chost:version'));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (parseAnswer(answer) !== undefined) finish();
    });
  });
}

/** The version that `adb version` reports for its client; undefined when that is not adb. */
export function clientVersion(output: string): number | undefined {
  const match = /^Android Debug Bridge version \d+\.\d+\.(\d+)/m.exec(output);
  return match === null ? undefined : Number(match[1]);
}

/** `OKAY`, four hexadecimal digits of length, then the version in hexadecimal. */
function parseAnswer(answer: string): number | undefined {
  const match = /^OKAY0004([0-9a-fA-F]{4})/.exec(answer);
  return match === null ? undefined : Number.parseInt(match[1] ?? '', 16);
}
