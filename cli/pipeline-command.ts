import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { SANDBOX_LEVELS, type SandboxLevel } from '../engine/sandbox.ts';
import { adbServer, append, commaList, timeLimit, wholeNumber, wholeOrZero } from './argument-values.ts';
import type { BuildOptions } from './build-options.ts';

/** The options of a pipeline command as commander gives them. */
export interface RawOptions {
  readonly file: string;
  readonly set: string[];
  readonly soc: string[];
  readonly precision: string[];
  readonly target: string[];
  readonly model: string[];
  readonly device?: string;
  readonly jobs: number;
  readonly sandbox?: SandboxLevel;
  readonly retries?: number;
  readonly timeLimit?: number;
  readonly json?: boolean;
}

/** A command that looks at a pipeline, with the options that all of those have. */
export function pipelineCommand(
  program: Command,
  nameAndArguments: string,
  description: string,
  settings: { readonly isDefault?: boolean } = {},
): Command {
  return program
    .command(nameAndArguments, settings)
    .description(description)
    .option('-f, --file <path>', 'the pipeline file', 'rwkv.pipeline.yaml')
    .option('--set <name=value>', 'replace a parameter of the pipeline (repeatable)', append, [])
    .option('--soc <names>', 'the SoCs, separated by commas', commaList, [])
    .option(
      '--precision <names>',
      'the precisions: fp16, a16w8, a16w4, a16w4-mixed, or your own',
      commaList,
      [],
    )
    .option(
      '--model <names or paths>',
      'models of the pipeline, or weights (.pth, .safetensors, its .index.json)',
      commaList,
      [],
    )
    .option(
      '--target <names>',
      'machines to build programs for: x86_64-linux, aarch64-linux, aarch64-android',
      commaList,
      [],
    )
    .option('--device <device>', 'auto, emulator, adb or adb:SERIAL')
    .option(
      '--adb-server <host:port>',
      'ask this adb server for devices (default: the one that adb asks)',
      adbServer,
    )
    .hook('preAction', (_program, command) => {
      const { adbServer: socket } = command.opts<{ adbServer?: string }>();
      // As for adb: all that asks for devices finds it there, also in the actions of a build.
      if (socket !== undefined) process.env.ADB_SERVER_SOCKET = socket;
    })
    .option(
      '-j, --jobs <count>',
      'how many commands may run at the same time',
      wholeNumber,
      availableParallelism(),
    )
    .addOption(
      new Option('--sandbox <level>', 'strict: hide the rest of the machine from commands').choices([
        ...SANDBOX_LEVELS,
      ]),
    )
    .option('--retries <count>', 'run commands that fail again, up to so often', wholeOrZero)
    .option('--time-limit <duration>', 'end commands after: 90 (seconds), 10min, 2h', timeLimit)
    .option('--json', 'one JSON event a line on stdout');
}

export function buildOptions(raw: RawOptions): BuildOptions {
  const { file, set, soc, precision, target, model, jobs } = raw;
  const limits = {
    ...(raw.retries === undefined ? {} : { retries: raw.retries }),
    ...(raw.timeLimit === undefined ? {} : { timeLimitSeconds: raw.timeLimit }),
  };
  const base = { file, set, soc, precision, target, model, jobs, limits, json: raw.json === true };
  const { device, sandbox } = raw;
  return {
    ...base,
    ...(device === undefined ? {} : { device }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
}
