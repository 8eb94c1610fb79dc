import { compareBytes } from './byte-order.ts';
import type { Digest } from './digest.ts';

/*
 * Canonical protobuf encoding of the messages that decide a fingerprint: fields in ascending order, defaults
 * omitted, lists sorted as the API demands. A server re-serialises what it gets; any other encoding would give
 * it another digest than ours and the shared cache would never hit.
 *
 * Field numbers: build/bazel/remote/execution/v2/remote_execution.proto of the Remote Execution API v2.
 */

export interface FileNode {
  readonly name: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

export interface DirectoryNode {
  readonly name: string;
  readonly digest: Digest;
}

/** REAPI's `Directory`, without symbolic links: an action never sees one. */
export interface Directory {
  readonly files: readonly FileNode[];
  readonly directories: readonly DirectoryNode[];
}

/** Name → value: REAPI's `EnvironmentVariable`s, or the `Property`s of its `Platform`. */
export type NamedValues = Readonly<Record<string, string>>;

export interface Command {
  readonly arguments: readonly string[];
  readonly environmentVariables: NamedValues;
  /** Relative to the action's folder; order and repetition don't matter. */
  readonly outputPaths: readonly string[];
  readonly platform: NamedValues;
}

export interface Action {
  readonly commandDigest: Digest;
  readonly inputRootDigest: Digest;
  readonly timeoutSeconds?: number;
  readonly platform: NamedValues;
}

/** `Digest`: hash = 1, size_bytes = 2. */
export function encodeDigest(digest: Digest): Uint8Array {
  return concatenate([text(1, digest.hash), integer(2, digest.size)]);
}

/**
 * `Directory`: files = 1 (`FileNode`: name = 1, digest = 2, is_executable = 4), directories = 2
 * (`DirectoryNode`: name = 1, digest = 2), both sorted by name.
 */
export function encodeDirectory(directory: Directory): Uint8Array {
  const files = [...directory.files]
    .sort((a, b) => compareBytes(a.name, b.name))
    .map((file) =>
      message(1, [text(1, file.name), message(2, [encodeDigest(file.digest)]), flag(4, file.executable)]),
    );
  const directories = [...directory.directories]
    .sort((a, b) => compareBytes(a.name, b.name))
    .map((child) => message(2, [text(1, child.name), message(2, [encodeDigest(child.digest)])]));
  return concatenate([...files, ...directories]);
}

/**
 * `Command`: arguments = 1, environment_variables = 2 (`EnvironmentVariable`: name = 1, value = 2) sorted by
 * name, platform = 5, output_paths = 7 sorted and without repetition.
 */
export function encodeCommand(command: Command): Uint8Array {
  const outputPaths = [...new Set(command.outputPaths)].sort(compareBytes);
  return concatenate([
    ...command.arguments.map((argument) => element(1, argument)),
    ...pairs(2, command.environmentVariables),
    platform(5, command.platform),
    ...outputPaths.map((path) => element(7, path)),
  ]);
}

/**
 * `Action`: command_digest = 1, input_root_digest = 2, timeout = 6 (`google.protobuf.Duration`: seconds = 1,
 * nanos = 2), platform = 10. `do_not_cache` and `salt` stay at their defaults.
 */
export function encodeAction(action: Action): Uint8Array {
  return concatenate([
    message(1, [encodeDigest(action.commandDigest)]),
    message(2, [encodeDigest(action.inputRootDigest)]),
    ...(action.timeoutSeconds === undefined ? [] : [duration(6, action.timeoutSeconds)]),
    platform(10, action.platform),
  ]);
}

function duration(field: number, seconds: number): Uint8Array {
  const nanos = Math.round((seconds % 1) * 1e9);
  // Rounding may give a whole second, which `nanos` must not hold.
  const carry = Math.floor(nanos / 1e9);
  return message(field, [integer(1, Math.floor(seconds) + carry), integer(2, nanos - carry * 1e9)]);
}

/** `Platform`: properties = 1 (`Property`: name = 1, value = 2). No properties: no message at all. */
function platform(field: number, properties: NamedValues): Uint8Array {
  const encoded = pairs(1, properties);
  return encoded.length === 0 ? NOTHING : message(field, encoded);
}

function pairs(field: number, values: NamedValues): Uint8Array[] {
  return Object.entries(values)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([name, value]) => message(field, [text(1, name), text(2, value)]));
}

const NOTHING = new Uint8Array(0);
const WIRE_VARINT = 0;
const WIRE_LENGTH_DELIMITED = 2;

/** A number that a double cannot hold exactly would silently give a wrong digest. */
function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${value}`);
  const bytes: number[] = [];
  let rest = value;
  // Division, not shifting: shifts in JavaScript cut to 32 bits and files are larger than that.
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

function integer(field: number, value: number): Uint8Array {
  return value === 0 ? NOTHING : concatenate([tag(field, WIRE_VARINT), varint(value)]);
}

function flag(field: number, value: boolean): Uint8Array {
  return integer(field, value ? 1 : 0);
}

/** A string field by itself: the empty string is its default and is left out. */
function text(field: number, value: string): Uint8Array {
  return value === '' ? NOTHING : element(field, value);
}

/** A string in a repeated field: there an empty one counts. */
function element(field: number, value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return concatenate([tag(field, WIRE_LENGTH_DELIMITED), varint(bytes.byteLength), bytes]);
}

function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = concatenate(parts);
  return concatenate([tag(field, WIRE_LENGTH_DELIMITED), varint(body.byteLength), body]);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
