/** `npm run fuzz`: feeds the readers of the C++ runtime with what no tool of ours would write. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import PQueue from 'p-queue';
import { childOutput } from '../bench/child-output.ts';
import { ownProgram } from '../bench/own-program.ts';
import { cacheRoot } from '../cache/cache-root.ts';
import { FUZZ_TARGETS } from '../tasks/build-runtime/fuzz-targets.ts';
import { registeredTools } from '../tasks/tool-registry.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

const HELP = `Runs the libFuzzer targets of runtime-native/fuzz, with address and undefined-behaviour sanitizers.

Examples:
  npm run fuzz -- --seconds 60
  npm run fuzz -- --seconds 600 --only tokenizer,pack --corpus /tmp/corpus

Options:
  --seconds N      how long each target runs, ${availableParallelism()} at a time; default: 60
  --only WORDS     targets whose name holds one of these, separated by commas: ${FUZZ_TARGETS.join(', ')}
  --corpus FOLDER  inputs that reach something new are kept here, and are where the next run begins
  --help           show this

It begins with the seeds in runtime-native/fuzz/seeds. What crashes, hangs or leaks lies in fuzz-findings/ afterwards;
the program that is named takes it as its argument. Needs clang++: apt-get install -y clang libclang-rt-dev`;

/** Seconds and bytes that no input may take. */
const LIMITS = ['-timeout=20', '-rss_limit_mb=3000'] as const;
const SHOWN_LINES = 40;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string', default: '' },
    corpus: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** Builds the targets in a folder and returns where they are; nothing when it cannot, which rwkv-build explains. */
function build(folder: string, targets: readonly string[]): string | undefined {
  const programs = targets.map((target) => `fuzz-${target}`).join(', ');
  writeFileSync(
    join(folder, 'rwkv.pipeline.yaml'),
    `version: 1\ntasks:\n  fuzz: { uses: build-runtime, with: { target: x86_64-linux, programs: [${programs}] } }\n`,
  );
  const [node = '', ...words] = ownProgram();
  const { status } = spawnSync(node, [...words, 'fuzz'], { cwd: folder, stdio: 'inherit' });
  return status === 0 ? join(folder, 'out/runtime/x86_64-linux') : undefined;
}

/** Qualcomm's libraries, where the stages have them: the reader of contexts is theirs. */
async function qnnLibraries(): Promise<string> {
  const found = await registeredTools(ROOT, cacheRoot(process.env))
    .get('qnn')
    ?.prepare((line) => console.error(`  ${line}`), new AbortController().signal);
  if (found === undefined || !found.ok) throw new Error(found?.failure.message ?? 'there is no tool `qnn`');
  return found.value;
}

/** Feeds one target; false when it found something. */
async function feed(target: string, programs: string, libraries: string): Promise<boolean> {
  const findings = join(process.cwd(), 'fuzz-findings', target);
  mkdirSync(findings, { recursive: true });
  // The first folder of inputs is where libFuzzer adds to, so the seeds come second.
  const corpus = join(values.corpus === undefined ? programs : resolve(values.corpus), target);
  mkdirSync(corpus, { recursive: true });
  const seeds = join(ROOT, 'runtime-native/fuzz/seeds', target.replaceAll('-', '_'));
  const words = [`-max_total_time=${values.seconds}`, ...LIMITS, `-artifact_prefix=${findings}/`];
  const child = spawn(join(programs, `fuzz-${target}`), [...words, corpus, seeds], {
    cwd: programs,
    env: { ...process.env, RWKV_TEST_QNN_LIBS: libraries },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { status, complaint } = await childOutput(child);
  const inputs = /^Done (\d+) runs in (\d+) second/m.exec(complaint);
  if (status === 0 && inputs !== null) {
    console.log(`${target}: ${inputs[1]} inputs in ${inputs[2]} s`);
    if (readdirSync(findings).length === 0) rmSync(findings, { recursive: true });
    return true;
  }
  console.log(complaint.split('\n').slice(-SHOWN_LINES).join('\n'));
  console.log(`${target}: FAILED, see ${findings}`);
  return false;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const words = values.only.split(',').filter((word) => word !== '');
  const targets = FUZZ_TARGETS.filter(
    (target) => words.length === 0 || words.some((word) => target.includes(word)),
  );
  if (targets.length === 0 || !/^[1-9]\d*$/.test(values.seconds)) {
    console.error(`--only names none of ${FUZZ_TARGETS.join(', ')}, or --seconds is no whole number above 0`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rwkv-fuzz-'));
  try {
    const programs = build(folder, targets);
    if (programs === undefined) return 1;
    const libraries = await qnnLibraries();
    const queue = new PQueue({ concurrency: availableParallelism() });
    const sound = await Promise.all(
      targets.map((target) => queue.add(() => feed(target, programs, libraries))),
    );
    const failed = sound.filter((one) => one !== true).length;
    console.log(`${targets.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    const findings = join(process.cwd(), 'fuzz-findings');
    if (existsSync(findings) && readdirSync(findings).length === 0) rmSync(findings, { recursive: true });
  }
}

process.exitCode = await main();
