import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { adbFailure, adbWords, stalled, unavailable } from './adb-failure.ts';
import { type ListedDevice, parseListing } from './adb-listing.ts';
import type { Environment } from './adb-program.ts';
import { clientVersion, serverAddress, serverVersion } from './adb-server.ts';
import { type BoundedEnd, boundedProcess } from './bounded-process.ts';
import { EndMarker } from './end-marker.ts';
import { interrupted } from './interruption.ts';
import type { SessionCommand } from './run-session.ts';

/** What a small script on the device came to. */
export interface ScriptEnd {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Times, in seconds, after which something that does not move is given up. */
export interface AdbLimits {
  /** A script on the device, or a question to the server, that says nothing. */
  readonly silenceSeconds: number;
  /** A transfer whose file does not grow on the other side. */
  readonly stallSeconds: number;
  /** How often a transfer is looked at. */
  readonly pollSeconds: number;
}

export const ADB_LIMITS: AdbLimits = { silenceSeconds: 30, stallSeconds: 30, pollSeconds: 1 };

/** adb's server starts and looks at the USB ports first. */
const SERVER_SECONDS = 20;

/**
 * The real adb program, asked one thing at a time, its answers turned into values.
 *
 * It talks to the server that the user's own adb talks to: a phone on USB can be held by one server only, so a
 * server of our own would either not see it or take it away.
 */
export class AdbClient {
  readonly program: string;
  readonly limits: AdbLimits;
  readonly #environment: Environment;
  #serverReady: Promise<Result<void>> | undefined;

  constructor(program: string, environment: Environment, limits: AdbLimits = ADB_LIMITS) {
    this.program = program;
    this.limits = limits;
    this.#environment = environment;
  }

  /** All devices that adb sees, usable or not. */
  async devices(): Promise<Result<readonly ListedDevice[]>> {
    const ready = await this.#server();
    if (!ready.ok) return ready;
    const end = await this.#bounded(['devices', '-l'], this.limits.silenceSeconds);
    const output = this.#exited('adb', 'listing devices', end);
    if (!output.ok) return output;
    if (output.value.exitCode !== 0) return fail(adbFailure('adb', 'listing devices', output.value.stderr));
    return ok(parseListing(output.value.stdout));
  }

  /** Connects to a device on the network. adb exits with 0 even when that failed, so its words decide. */
  async connect(address: string): Promise<Result<void>> {
    const ready = await this.#server();
    if (!ready.ok) return ready;
    const output = this.#exited(
      address,
      'connecting',
      await this.#bounded(['connect', address], SERVER_SECONDS),
    );
    if (!output.ok) return output;
    const words = `${output.value.stdout}\n${output.value.stderr}`.trim();
    if (/^(already )?connected to /m.test(words)) return ok(undefined);
    if (/failed to authenticate/.test(words)) return fail(adbFailure(address, 'connecting', words));
    return fail(
      unavailable(
        address,
        `cannot connect to device ${address}: ${words.split('\n')[0] ?? ''}`,
        'Check that it is on, in reach and that `adb tcpip` (or wireless debugging) is switched on.',
      ),
    );
  }

  /**
   * Runs a small script on the device and returns its whole output. Its end must have been reported by the device
   * itself: a lost connection is a failure whatever adb's exit status is.
   */
  async script(
    serial: string,
    doing: string,
    script: string,
    silenceSeconds: number = this.limits.silenceSeconds,
    interruption?: AbortSignal,
  ): Promise<Result<ScriptEnd>> {
    const marker = new EndMarker();
    // Its input ends at once: no command of a script may wait for it.
    const marked = `(\n${script}\n) </dev/null\ncode=$?\n${marker.command('code')}`;
    const end = await this.#bounded(['-s', serial, 'shell', marked], silenceSeconds, interruption);
    const output = this.#exited(serial, doing, end, silenceSeconds);
    if (!output.ok) return output;
    const stdout = Buffer.from(marker.feed(Buffer.from(output.value.stdout))).toString('utf8');
    const { exitCode } = marker;
    if (exitCode === undefined) return fail(adbFailure(serial, doing, adbWords(output.value.stderr)));
    return ok({ exitCode, stdout, stderr: output.value.stderr });
  }

  /** The command whose session runs a script on the device with its streams kept apart. */
  session(serial: string, script: string): SessionCommand {
    return {
      program: this.program,
      arguments: ['-s', serial, 'shell', script],
      environment: this.#environment,
    };
  }

  /** What the connection to a device can do: `shell_v2`, `cmd`, … */
  async features(serial: string): Promise<Result<readonly string[]>> {
    const end = await this.#bounded(['-s', serial, 'features'], this.limits.silenceSeconds);
    const output = this.#exited(serial, 'asking for its features', end);
    if (!output.ok) return output;
    if (output.value.exitCode !== 0) {
      return fail(adbFailure(serial, 'asking for its features', output.value.stderr));
    }
    return ok(output.value.stdout.split(/\s+/).filter((word) => word !== ''));
  }

  /** `adb push` or `adb pull` of one file, until it ends or `stop` fires. Its only word for success is 0. */
  async transfer(
    serial: string,
    direction: 'push' | 'pull',
    from: string,
    to: string,
    stop: AbortSignal,
  ): Promise<Result<void>> {
    // adb writes nothing before the end; who waits for it watches the file grow and stops it otherwise.
    const end = await this.#bounded(['-s', serial, direction, from, to], 24 * 60 * 60, stop);
    const output = this.#exited(serial, `${direction}ing ${from}`, end);
    if (!output.ok) return output;
    if (output.value.exitCode === 0) return ok(undefined);
    // adb 29 writes this failure to standard output when that is no terminal.
    const words = `${output.value.stdout}\n${output.value.stderr}`;
    return fail(adbFailure(serial, `${direction}ing ${from}`, errorLines(words)));
  }

  /** Makes sure that a server runs, without ending one that somebody else uses. */
  #server(): Promise<Result<void>> {
    this.#serverReady ??= this.#startServer();
    return this.#serverReady;
  }

  async #startServer(): Promise<Result<void>> {
    const address = serverAddress(this.#environment);
    const running = address === undefined ? undefined : await serverVersion(address);
    const end = await this.#bounded(['version'], this.limits.silenceSeconds);
    const output = this.#exited('adb', 'asking adb for its version', end);
    if (!output.ok) return output;
    const own = clientVersion(output.value.stdout);
    if (running !== undefined && own !== undefined && running !== own) {
      return fail({
        kind: 'environment-missing',
        tool: 'adb',
        message: `an adb server of version ${running} is running; ${this.program} is version ${own} and would kill it, with all connections through it`,
        hint: 'Set ADB to the adb that started it, or stop it with `adb kill-server` when nobody needs it.',
      });
    }
    if (running !== undefined) return ok(undefined);
    const started = this.#exited(
      'adb',
      'starting the server',
      await this.#bounded(['start-server'], SERVER_SECONDS),
    );
    if (!started.ok) return started;
    if (started.value.exitCode === 0) return ok(undefined);
    return fail(adbFailure('adb', 'starting the server', started.value.stderr));
  }

  #bounded(
    words: readonly string[],
    silenceSeconds: number,
    interruption?: AbortSignal,
  ): Promise<BoundedEnd> {
    return boundedProcess({
      program: this.program,
      arguments: words,
      environment: this.#environment,
      silenceSeconds,
      ...(interruption === undefined ? {} : { interruption }),
    });
  }

  #exited(
    serial: string,
    doing: string,
    end: BoundedEnd,
    silenceSeconds: number = this.limits.silenceSeconds,
  ): Result<Extract<BoundedEnd, { end: 'exited' }>, Failure> {
    if (end.end === 'exited') return ok(end);
    if (end.end === 'silent') return fail(stalled(serial, doing, silenceSeconds));
    if (end.end === 'interrupted') return fail(interrupted(end.signal, `${doing} (device ${serial})`));
    return fail({
      kind: 'environment-missing',
      tool: 'adb',
      message: `cannot start ${this.program}: ${end.code}`,
      hint: 'Set ADB to the path of a working adb, or use --device emulator.',
    });
  }
}

function errorLines(words: string): string {
  // How far it had come is no cause.
  const said = words.split(/\r?\n/).filter((line) => !/^\[ *\d+%\]/.test(line));
  const lines = said.filter((line) => /error|failed/i.test(line));
  return (lines.length === 0 ? said : lines).join('\n');
}
