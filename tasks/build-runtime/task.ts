import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ActionInput, ActionSpec, Kind, TaskCell } from '../../engine/kind.ts';
import { ok } from '../../engine/result.ts';
import {
  compilerFor,
  FUZZING_COMPILER,
  type NativeCompiler,
  TARGETS,
  type Target,
} from '../tools/native-compilers.ts';
import { FUZZ_TARGETS } from './fuzz-targets.ts';

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

/** A way of compiling everything. Sanitizers find errors in tests; they are never in what is shipped. */
interface Variant {
  /** Begins the names of its actions. */
  readonly name: string;
  readonly flags: readonly string[];
  readonly linkFlags: readonly string[];
  /** What is built for this machine alone, where the tests run, is built by this compiler. */
  readonly compiler?: NativeCompiler;
}

const SHIPPED: Variant = { name: 'compile', flags: [], linkFlags: [] };
const ADDRESSES = ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'] as const;
const ADDRESS_SANITIZED: Variant = { name: 'compile-sanitized', flags: ADDRESSES, linkFlags: ADDRESSES };
const THREADS = ['-g', '-fsanitize=thread'] as const;
const THREAD_SANITIZED: Variant = { name: 'compile-thread-sanitized', flags: THREADS, linkFlags: THREADS };
/** libFuzzer needs to know which branches an input takes. */
const FUZZED: Variant = {
  name: 'compile-fuzzed',
  flags: [...ADDRESSES, '-fsanitize=fuzzer-no-link'],
  linkFlags: [...ADDRESSES, '-fsanitize=fuzzer'],
  compiler: FUZZING_COMPILER,
};

interface Program {
  /** The folder of its own sources, or the one source; each program is linked with the whole library. */
  readonly own?: string;
  readonly variant: Variant;
  readonly linkFlags?: readonly string[];
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  'rwkv-run': { own: `${NATIVE}/tools/rwkv_run`, variant: SHIPPED },
  'rwkv-pack': { own: `${NATIVE}/tools/rwkv_pack`, variant: SHIPPED },
  'qnn-context': { own: `${NATIVE}/tools/qnn_context`, variant: SHIPPED },
  'librwkv_qnn.so': { variant: SHIPPED, linkFlags: ['-shared'] },
  'runtime-bench': { own: `${NATIVE}/bench`, variant: SHIPPED },
  'native-tests': { own: `${NATIVE}/test`, variant: ADDRESS_SANITIZED },
  'native-tests-threads': { own: `${NATIVE}/test`, variant: THREAD_SANITIZED },
  ...Object.fromEntries(
    FUZZ_TARGETS.map((target) => [
      `fuzz-${target}`,
      { own: `${NATIVE}/fuzz/${target.replaceAll('-', '_')}.cpp`, variant: FUZZED },
    ]),
  ),
};

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
            'What to build. `native-tests` and `native-tests-threads` have sanitizers in them, `runtime-bench` is for `npm run bench:runtime`, `fuzz-…` for `npm run fuzz`.',
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
      for (const name of (cell.with.programs ?? DEFAULT_PROGRAMS) as readonly string[]) {
        const program = PROGRAMS[name];
        if (program !== undefined) await build.addProgram(name, program);
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
    const own = program.own === undefined ? [] : await this.compile(program.own, program.variant);
    const library = await this.compile(LIBRARY_FOLDER, program.variant);
    this.link(name, program, [...own, ...library]);
  }

  /** Adds an action for each source of a folder, or for the one source, and returns the names of those actions. */
  private async compile(own: string, variant: Variant): Promise<readonly string[]> {
    const files = own.endsWith('.cpp')
      ? [own]
      : (await readdir(join(this.packageRoot, own))).map((file) => `${own}/${file}`);
    const compiler = variant.compiler ?? this.compiler;
    const names: string[] = [];
    for (const source of files.filter((file) => file.endsWith('.cpp')).sort()) {
      const name = `${variant.name}/${basename(dirname(source))}/${basename(source, '.cpp')}`;
      names.push(name);
      this.specs.set(name, {
        name,
        command: [...compiler.cxx, ...COMPILE_FLAGS, ...variant.flags, '-c', source, '-o', 'object.o'],
        environment: compiler.environment,
        inputs: [packageInput(source), ...this.headers],
        outputs: [{ path: 'object.o', type: 'file', role: 'object', attributes: {} }],
        tools: [compiler.tool],
        properties: {},
      });
    }
    return names;
  }

  private link(name: string, program: Program, objects: readonly string[]): void {
    const compiler = program.variant.compiler ?? this.compiler;
    const inputs = objects.map(
      (object): ActionInput => ({
        at: `${object}.o`,
        source: { from: 'action', action: this.cell.actionId(object), output: 'object.o' },
      }),
    );
    this.specs.set(`link/${name}`, {
      name: `link/${name}`,
      command: [
        ...compiler.cxx,
        ...program.variant.linkFlags,
        ...(program.linkFlags ?? []),
        ...inputs.map(({ at }) => at),
        ...['-o', name],
        ...compiler.linkFlags,
        ...LINK_LIBRARIES,
      ],
      environment: compiler.environment,
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
      tools: [compiler.tool],
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
