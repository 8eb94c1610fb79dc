import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ActionInput, ActionSpec, Kind, TaskCell } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import { compilerFor, type NativeCompiler, TARGETS, type Target } from '../tools/native-compilers.ts';

const NATIVE = 'runtime-native';
const COMPILE_FLAGS = [
  '-std=c++20',
  '-O2',
  '-fPIC',
  // A seed draws the same tokens on every CPU, also where a·b + c is one instruction.
  '-ffp-contract=off',
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror'],
  ...[`-I${NATIVE}/include`, `-I${NATIVE}/src`],
] as const;
const LINK_LIBRARIES = ['-ldl', '-pthread'] as const;

/** Sanitizers find errors in the tests; they are never in what is shipped. */
const SANITIZE = ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'] as const;

interface Program {
  /** The folder of its own sources; each program is linked with the whole library. */
  readonly folder?: string;
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
}

const PROGRAMS = {
  'rwkv-run': { folder: `${NATIVE}/tools/rwkv_run`, flags: [], linkFlags: [] },
  'rwkv-pack': { folder: `${NATIVE}/tools/rwkv_pack`, flags: [], linkFlags: [] },
  'qnn-context': { folder: `${NATIVE}/tools/qnn_context`, flags: [], linkFlags: [] },
  'librwkv_qnn.so': { flags: [], linkFlags: ['-shared'] },
  'runtime-bench': { folder: `${NATIVE}/bench`, flags: [], linkFlags: [] },
  'native-tests': { folder: `${NATIVE}/test`, flags: SANITIZE, linkFlags: [] },
} as const satisfies Record<string, Program>;

const DEFAULT_FOLDER = 'runtime';
const DEFAULT_PROGRAMS = ['rwkv-run', 'qnn-context', 'librwkv_qnn.so'] as const;

const LIBRARY_FOLDER = `${NATIVE}/src`;

/** C++ sources → `rwkv-run`, `qnn-context` and the library; an action for each file, so that an edit costs one. */
export function buildRuntime(packageRoot: string): Kind {
  return {
    name: 'build-runtime',
    summary: 'C++ → rwkv-run, qnn-context and librwkv_qnn.so for a target',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['target'],
      properties: {
        target: { enum: TARGETS, description: 'The machine that the programs are for.' },
        programs: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { enum: Object.keys(PROGRAMS) },
          default: DEFAULT_PROGRAMS,
          description:
            'What to build. `native-tests` has sanitizers in it, `runtime-bench` is for `npm run bench:runtime`.',
        },
        folder: {
          type: 'string',
          pattern: '^[\\w.-]+$',
          default: DEFAULT_FOLDER,
          description: 'The folder under `out/` for the programs, where two tasks build the same ones.',
        },
      },
    },

    async expand(cell) {
      const target = String(cell.with.target) as Target;
      const compiler = await compilerFor(target);
      const build = new RuntimeBuild(cell, compiler, target, packageRoot, await headerInputs(packageRoot));
      for (const name of (cell.with.programs ?? DEFAULT_PROGRAMS) as readonly (keyof typeof PROGRAMS)[]) {
        await build.addProgram(name, PROGRAMS[name]);
      }
      return ok([...build.specs.values()]);
    },
  };
}

/** Collects the actions of one target; programs share the objects that are compiled alike. */
class RuntimeBuild {
  readonly specs = new Map<string, ActionSpec>();
  private readonly cell: TaskCell;
  private readonly compiler: NativeCompiler;
  private readonly target: Target;
  private readonly packageRoot: string;
  private readonly headers: readonly ActionInput[];

  constructor(
    cell: TaskCell,
    compiler: NativeCompiler,
    target: Target,
    packageRoot: string,
    headers: readonly ActionInput[],
  ) {
    this.cell = cell;
    this.compiler = compiler;
    this.target = target;
    this.packageRoot = packageRoot;
    this.headers = headers;
  }

  async addProgram(name: string, program: Program): Promise<void> {
    const own = program.folder === undefined ? [] : await this.compile(program.folder, program.flags);
    const library = await this.compile(LIBRARY_FOLDER, program.flags);
    this.link(name, program, [...own, ...library]);
  }

  /** Adds an action for each source of a folder and returns the names of those actions. */
  private async compile(folder: string, flags: readonly string[]): Promise<readonly string[]> {
    const names: string[] = [];
    const prefix = flags.length === 0 ? 'compile' : 'compile-sanitized';
    for (const file of (await readdir(join(this.packageRoot, folder))).sort()) {
      if (!file.endsWith('.cpp')) continue;
      const source = `${folder}/${file}`;
      const name = `${prefix}/${basename(folder)}/${basename(file, '.cpp')}`;
      names.push(name);
      this.specs.set(name, {
        name,
        command: [...this.compiler.cxx, ...COMPILE_FLAGS, ...flags, '-c', source, '-o', 'object.o'],
        environment: this.compiler.environment,
        inputs: [packageInput(source), ...this.headers],
        outputs: [{ path: 'object.o', type: 'file', role: 'object', attributes: {} }],
        tools: [this.compiler.tool],
        properties: {},
      });
    }
    return names;
  }

  private link(name: string, program: Program, objects: readonly string[]): void {
    const inputs = objects.map(
      (object): ActionInput => ({
        at: `${object}.o`,
        source: { from: 'action', action: this.cell.actionId(object), output: 'object.o' },
      }),
    );
    this.specs.set(`link/${name}`, {
      name: `link/${name}`,
      command: [
        ...this.compiler.cxx,
        ...program.flags,
        ...program.linkFlags,
        ...inputs.map(({ at }) => at),
        ...['-o', name],
        ...this.compiler.linkFlags,
        ...LINK_LIBRARIES,
      ],
      environment: this.compiler.environment,
      inputs,
      outputs: [
        {
          path: name,
          type: 'file',
          role: name,
          attributes: { target: this.target },
          publish: `${this.cell.with.folder ?? DEFAULT_FOLDER}/${this.target}/${name}`,
        },
      ],
      tools: [this.compiler.tool],
      properties: {},
    });
  }
}

const packageInput = (path: string): ActionInput => ({ at: path, source: { from: 'package', path } });

/** Every header, for every source: which ones a source includes is not known before it is compiled. */
async function headerInputs(packageRoot: string): Promise<readonly ActionInput[]> {
  const headers: string[] = [];
  for (const entry of await readdir(join(packageRoot, NATIVE), { recursive: true })) {
    if (/\.(h|hpp)$/.test(entry)) headers.push(`${NATIVE}/${entry}`);
  }
  return headers.sort().map(packageInput);
}
