import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Failure } from '../../engine/failure.ts';
import type { Argument, Tool, ToolSurroundings } from '../../engine/kind.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { findProgram, programOutput } from './program-probe.ts';

/** The machines that programs and model libraries are made for. */
export const TARGETS = ['x86_64-linux', 'aarch64-linux', 'aarch64-android'] as const;
export type Target = (typeof TARGETS)[number];

/** How a target's C and C++ compilers are called. */
export interface NativeCompiler {
  readonly tool: string;
  readonly c: readonly Argument[];
  readonly cxx: readonly Argument[];
  readonly environment: Readonly<Record<string, Argument>>;
  /** What the linker needs beside the usual. */
  readonly linkFlags: readonly string[];
}

/** The oldest Android that the libraries are linked for: version 10, the first of the SM8350 class. */
const ANDROID_API = 29;

/** The oldest glibc that Qualcomm's own libraries for Linux on Arm run with. */
const ARM_GLIBC = '2.34';

const SYSTEM_ARM_COMPILER = 'aarch64-linux-gnu-g++';

/** A compiler that the machine has, by a program on its PATH. */
export class SystemCompiler implements Tool {
  readonly name: string;
  private readonly program: string;
  private readonly install: string;

  constructor(name: string, program: string, install: string) {
    this.name = name;
    this.program = program;
    this.install = install;
  }

  async version(): Promise<Result<string, Failure>> {
    const path = await findProgram(this.program);
    if (path === undefined) return fail(this.missing(`\`${this.program}\` is not on this machine`));
    const version = await programOutput(path, '--version');
    if (version === undefined) return fail(this.missing(`${path} does not run`));
    return ok(version.split('\n')[0] ?? version);
  }

  async prepare(): Promise<Result<string, Failure>> {
    const path = await findProgram(this.program);
    return path === undefined
      ? fail(this.missing(`\`${this.program}\` is not on this machine`))
      : ok(dirname(path));
  }

  /** A compiler that is no part of the system lies with its libraries beside its `bin`. */
  async surroundings(): Promise<ToolSurroundings> {
    const path = await findProgram(this.program);
    return { reads: path === undefined ? [] : [dirname(dirname(await realpath(path)))], writes: [] };
  }

  private missing(message: string): Failure {
    return { kind: 'environment-missing', tool: this.program, message, hint: this.install };
  }
}

/** The compilers of the user's Android NDK. */
export class AndroidCompiler implements Tool {
  readonly name = 'android-ndk';

  async version(): Promise<Result<string, Failure>> {
    const folder = await this.prepare();
    if (!folder.ok) return folder;
    const version = await programOutput(
      join(folder.value, `aarch64-linux-android${ANDROID_API}-clang`),
      '--version',
    );
    return version === undefined
      ? fail(this.missing(`the compiler in ${folder.value} does not run`))
      : ok(version.split('\n')[0] ?? version);
  }

  async prepare(): Promise<Result<string, Failure>> {
    const home = process.env.ANDROID_NDK_HOME;
    if (home === undefined || home === '') {
      return fail(
        this.missing(
          'the target aarch64-android is not built here: it needs the Android NDK, and ANDROID_NDK_HOME is not set',
        ),
      );
    }
    const folder = join(home, 'toolchains', 'llvm', 'prebuilt', 'linux-x86_64', 'bin');
    if (!existsSync(join(folder, `aarch64-linux-android${ANDROID_API}-clang++`))) {
      return fail(
        this.missing(`ANDROID_NDK_HOME is ${home}, but it has no compiler for Android ${ANDROID_API}`),
      );
    }
    return ok(folder);
  }

  async surroundings(): Promise<ToolSurroundings> {
    const folder = await this.prepare();
    return { reads: folder.ok ? [dirname(folder.value)] : [], writes: [] };
  }

  private missing(message: string): Failure {
    return {
      kind: 'environment-missing',
      tool: this.name,
      message,
      hint: 'unpack the NDK (r26 or newer) and: export ANDROID_NDK_HOME=/path/to/android-ndk',
    };
  }
}

/** The compiler for a target. For Linux on Arm it is Debian's where it is installed, else zig. */
export async function compilerFor(target: Target): Promise<NativeCompiler> {
  switch (target) {
    case 'x86_64-linux':
      return systemCompiler('g++', 'gcc', 'g++');
    case 'aarch64-android': {
      const prefix = `aarch64-linux-android${ANDROID_API}`;
      return {
        tool: 'android-ndk',
        c: [{ tool: 'android-ndk', path: `${prefix}-clang` }],
        cxx: [{ tool: 'android-ndk', path: `${prefix}-clang++` }],
        environment: {},
        linkFlags: ['-static-libstdc++'],
      };
    }
    case 'aarch64-linux': {
      if ((await findProgram(SYSTEM_ARM_COMPILER)) !== undefined) {
        return systemCompiler('aarch64-linux-gnu-g++', 'aarch64-linux-gnu-gcc', SYSTEM_ARM_COMPILER);
      }
      const python = { tool: 'zig', path: 'bin/python' };
      const triple = `aarch64-linux-gnu.${ARM_GLIBC}`;
      return {
        tool: 'zig',
        c: [python, '-m', 'ziglang', 'cc', '-target', triple],
        cxx: [python, '-m', 'ziglang', 'c++', '-target', triple],
        // zig builds its C++ library on first use, which takes minutes: keep it with the compiler.
        environment: { ZIG_GLOBAL_CACHE_DIR: { tool: 'zig', path: 'cache' } },
        linkFlags: [],
      };
    }
  }
}

/** Clang has libFuzzer; GCC and zig's clang have not. */
export const FUZZING_COMPILER = systemCompiler('clang++', 'clang', 'clang++');

function systemCompiler(tool: string, c: string, cxx: string): NativeCompiler {
  return { tool, c: [{ tool, path: c }], cxx: [{ tool, path: cxx }], environment: {}, linkFlags: [] };
}
