/** `npm test`: every check and test of every part, one after the other; the last line counts them. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { $ } from 'zx';
import { cacheRoot } from '../cache/cache-root.ts';
import { testPython } from './test-packages.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Reads the counts from what a test runner printed; a check without it is one test. */
  readonly count?: (output: string) => Counts | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** `*.full.test.ts` takes minutes for what few changes touch: `npm run test:full` and CI run it too. */
const full = process.argv.includes('--full');
const TEST_FILES = full ? '\\.test\\.ts$' : '^(?!.*\\.full\\.).*\\.test\\.ts$';
const UVU = ['node', '--import', 'tsx', 'node_modules/uvu/bin.js', 'test', TEST_FILES] as const;

const figure = (output: string, pattern: RegExp): number | undefined => {
  const found = pattern.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** uvu's closing lines. Its "Passed" does not hold the skipped ones. */
function countUvu(output: string): Counts | undefined {
  const total = figure(output, /^\s*Total:\s+(\d+)/m);
  const passed = figure(output, /^\s*Passed:\s+(\d+)/m);
  const skipped = figure(output, /^\s*Skipped:\s+(\d+)/m) ?? 0;
  if (total === undefined || passed === undefined || total === 0) return undefined;
  return { passed, failed: total - passed, skipped };
}

/** pytest's last line: `3 failed, 120 passed, 1 skipped in 4.2s`. */
function countPytest(output: string): Counts | undefined {
  const passed = figure(output, /(\d+) passed/);
  if (passed === undefined) return undefined;
  const failed = (figure(output, /(\d+) failed/) ?? 0) + (figure(output, /(\d+) errors?/) ?? 0);
  return { passed, failed, skipped: figure(output, /(\d+) skipped/) ?? 0 };
}

/** Some minutes on two cores. */
const FUZZ: Step = {
  name: 'fuzz targets',
  command: ['npm', 'run', '--silent', 'fuzz', '--', '--seconds', '60'],
  count: (output) => {
    const found = /^(\d+) passed, (\d+) failed$/m.exec(output);
    return found === null ? undefined : { passed: Number(found[1]), failed: Number(found[2]), skipped: 0 };
  },
};

async function runStep(step: Step): Promise<Counts> {
  console.log(`\n== ${step.name}`);
  const start = performance.now();
  const running = $({
    cwd: root,
    nothrow: true,
    quiet: true,
    env: { ...process.env, ...step.environment },
  })`${step.command}`;
  running.stdout.pipe(process.stdout, { end: false });
  running.stderr.pipe(process.stdout, { end: false });
  const run = await running;
  const output = stripVTControlCharacters(run.stdout + run.stderr);
  const failed = run.exitCode === 0 ? 0 : 1;
  const counted = step.count === undefined ? { passed: 1 - failed, failed, skipped: 0 } : step.count(output);
  // A runner that failed without a failed test, or ran none, is a failure all the same.
  const counts =
    counted === undefined
      ? { passed: 0, failed: 1, skipped: 0 }
      : { ...counted, failed: Math.max(counted.failed, failed) };
  console.log(
    `== ${step.name}: ${counts.failed === 0 ? 'ok' : 'FAILED'}, ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  return counts;
}

/** Every C and C++ file, relative to the root. */
function nativeSources(): string[] {
  const files = readdirSync(join(root, 'runtime-native'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /\.(c|h|cpp|hpp)$/.test(file)).map((file) => `runtime-native/${file}`);
}

const python = await testPython(root, cacheRoot(process.env));
const PYTHON = { PYTHONPATH: 'tasks', PYTHONDONTWRITEBYTECODE: '1' };
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const steps: readonly Step[] = [
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
  {
    name: 'the committed schema is the kinds’, the C++ errors are the table’s',
    command: [
      ...['git', 'diff', '--exit-code', '--'],
      ...['pipeline.schema.json', 'runtime-native/src/qnn_error_rows.hpp'],
    ],
  },
  { name: 'format and lint', command: ['npx', 'biome', 'check', '.'] },
  { name: 'types', command: ['npx', 'tsc', '--noEmit'] },
  { name: 'types of the page', command: ['npx', 'tsc', '--noEmit', '-p', 'cli/graph-page'] },
  { name: 'python lint', command: [python, '-m', 'ruff', 'check', '.'] },
  { name: 'python format', command: [python, '-m', 'ruff', 'format', '--check', '.'] },
  { name: 'python types', command: [python, '-m', 'mypy'], environment: PYTHON },
  {
    name: 'c++ format',
    command: [
      ...[python, '-c', 'import clang_format; clang_format.clang_format()', '--dry-run', '--Werror'],
      ...nativeSources(),
    ],
  },
  {
    name: 'python tests',
    command: [python, '-m', 'pytest', 'test/python'],
    count: countPytest,
    environment: PYTHON,
  },
  {
    name: 'typescript and end-to-end tests',
    command: [...UVU],
    count: countUvu,
    // The full run also makes what takes minutes: the adbd of the emulated phone.
    environment: full ? { RWKV_BUILD_TEST_FULL: '1' } : {},
  },
  ...(full ? [FUZZ] : []),
];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps.filter(
  ({ name }) => only.length === 0 || only.some((word) => name.includes(word)),
)) {
  const counts = await runStep(step);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed === 0 ? 0 : 1;
