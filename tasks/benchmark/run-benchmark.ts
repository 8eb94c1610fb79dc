/**
 * The program of `benchmark`: runs `rwkv-run` on a device that has been pushed to, and writes what it found
 * together with what it ran on.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { parseArgs } from 'node:util';
import type { Device } from '../../device/device.ts';
import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { openDevice } from '../device-access.ts';
import { LIBRARY_FOLDER } from '../device-libraries.ts';
import { endWith } from '../program-end.ts';
import type { DeviceReceipt } from '../push-to-device/device-receipt.ts';
import { tokenizerOfVocabulary } from '../tokenizer-table.ts';
import type {
  BenchmarkResult,
  BenchRow,
  ContextReport,
  EvaluationResult,
  GenerationResult,
} from './benchmark-result.ts';

const OPTIONS = {
  device: { type: 'string', default: 'auto' },
  receipt: { type: 'string', default: 'receipt.json' },
  reports: { type: 'string', default: 'reports' },
  model: { type: 'string', default: '' },
  precision: { type: 'string', default: '' },
  soc: { type: 'string', default: '' },
  context: { type: 'string', default: '' },
  tokenizer: { type: 'string', default: 'auto' },
  prompt: { type: 'string', default: '' },
  tokens: { type: 'string', default: '160' },
  temperature: { type: 'string', default: '0.7' },
  'top-p': { type: 'string', default: '0.9' },
  seed: { type: 'string', default: '1' },
  'evaluate-tokens': { type: 'string', default: '256' },
  /** Speeds are measured where it is not empty. */
  run: { type: 'string', default: '' },
  'prompt-sizes': { type: 'string', default: '64' },
  'text-sizes': { type: 'string', default: '32' },
  repetitions: { type: 'string', default: '5' },
  result: { type: 'string', default: 'benchmark.json' },
} as const;

type Options = { readonly [name in keyof typeof OPTIONS]: string };

async function runBenchmark(options: Options): Promise<Failure | undefined> {
  const receipt = JSON.parse(await readFile(options.receipt, 'utf8')) as DeviceReceipt;
  const selected = await openDevice(options.device, process.env);
  if (!selected.ok) return selected.failure;
  const { device } = selected.value;
  const run = new RunOnDevice(device, receipt, await readReports(options.reports), options);
  const generated = await run.generate();
  if (!generated.ok) return generated.failure;
  const evaluated = await run.evaluate();
  if (!evaluated.ok) return evaluated.failure;
  const measured = options.run === '' ? ok(undefined) : await run.measure();
  if (!measured.ok) return measured.failure;
  const { prompt, text, tokens, ...timed } = generated.value;
  const { kind, serial, soc, model, operatingSystem, target, emulated } = receipt.device;
  const result: BenchmarkResult = {
    format: 1,
    model: options.model,
    precision: options.precision,
    soc: options.soc,
    emulated,
    prompt,
    text,
    tokens,
    evaluation: evaluated.value.evaluation,
    // An emulator's times would be read as a phone's, whatever stood beside them.
    ...(emulated ? { emulation: timed } : { measured: timed }),
    ...(measured.value === undefined ? {} : { speeds: measured.value }),
    device: { kind, serial, soc, model, operating_system: operatingSystem, target },
    files: receipt.files,
  };
  await writeFile(options.result, `${JSON.stringify(result, null, 2)}\n`);
  return undefined;
}

/** `rwkv-run` on a device that has been pushed to. */
class RunOnDevice {
  private readonly device: Device;
  private readonly receipt: DeviceReceipt;
  private readonly reports: readonly ContextReport[];
  private readonly options: Options;

  constructor(device: Device, receipt: DeviceReceipt, reports: readonly ContextReport[], options: Options) {
    this.device = device;
    this.receipt = receipt;
    this.reports = reports;
    this.options = options;
  }

  generate(): Promise<Result<GenerationResult, Failure>> {
    const { prompt, tokens, temperature, seed, 'top-p': topP } = this.options;
    return this.run('generate', [
      ...['--prompt', prompt, '--tokens', tokens, '--temperature', temperature],
      ...['--top-p', topP, '--seed', seed],
    ]);
  }

  evaluate(): Promise<Result<EvaluationResult, Failure>> {
    const { model, 'evaluate-tokens': tokens } = this.options;
    const text = `texts/${model}`;
    return this.run('eval', [
      ...['--text', `${text}.txt`, '--tokens', tokens, '--reference', `${text}.reference.f32`],
    ]);
  }

  /** How fast prompts are read and texts are written, several times. */
  async measure(): Promise<Result<readonly BenchRow[], Failure>> {
    const { repetitions, 'prompt-sizes': prompts, 'text-sizes': texts } = this.options;
    const sizes = ['-p', prompts, '-n', texts, '--warm-up', '1', '--repetitions', repetitions];
    const output: Uint8Array[] = [];
    const ended = await this.call('bench', [...sizes, '--output', 'json'], (chunk) => {
      output.push(chunk);
    });
    return ended.ok ? ok(JSON.parse(Buffer.concat(output).toString()) as readonly BenchRow[]) : ended;
  }

  /** Runs a command of `rwkv-run` and reads what it writes with `--json`. */
  private async run<Found>(name: string, own: readonly string[]): Promise<Result<Found, Failure>> {
    // Beside the contexts: a folder that is there, and that no other benchmark writes to.
    const output = posix.join(posix.dirname(this.options.context), 'result.json');
    const words = ['--tokenizer', tokenizer(this.options.tokenizer, this.reports), ...own, '--json', output];
    const ended = await this.call(name, words, (chunk) => process.stdout.write(chunk));
    if (!ended.ok) return ended;
    // Not beside the result: what is in the action's folder is its output.
    const here = join(tmpdir(), `${name}-result.json`);
    const pulled = await this.device.pull(output, here);
    if (!pulled.ok) return pulled;
    return ok(JSON.parse(await readFile(here, 'utf8')) as Found);
  }

  /** Runs a command of `rwkv-run` on the model, with the libraries and tables that were pushed, to its good end. */
  private async call(
    name: string,
    own: readonly string[],
    onStdout: (chunk: Uint8Array) => void,
  ): Promise<Result<void, Failure>> {
    const { device } = this;
    const folder = `${device.folder}/${LIBRARY_FOLDER}`;
    const errors: Uint8Array[] = [];
    const run = await device.run(['runtime/rwkv-run', name, this.options.context, ...this.pushed(), ...own], {
      cwd: '.',
      environment: { LD_LIBRARY_PATH: folder, ADSP_LIBRARY_PATH: folder },
      timeLimitSeconds: 3 * 3600,
      onStdout,
      onStderr: (chunk) => {
        errors.push(chunk);
        process.stderr.write(chunk);
      },
    });
    if (!run.ok) return run;
    if (run.value.exitCode === 0) return ok(undefined);
    return fail({
      kind: 'action-failed',
      action: 'benchmark',
      exitCode: run.value.exitCode,
      signal: null,
      output: Buffer.concat(errors).toString(),
      message: `rwkv-run ${name} ended with exit code ${run.value.exitCode} on the device ${device.serial}`,
      hint: 'if files on the device were removed by hand, run `rwkv-build clean device` and then the same command again',
    });
  }

  /** The libraries, and what a model has beside its contexts. */
  private pushed(): readonly string[] {
    const beside = (name: string): string => `models/${this.options.model}/${name}.f32`;
    const has = (name: string): boolean => this.receipt.files.some((file) => file.path === beside(name));
    return [
      ...['--qnn-libs', LIBRARY_FOLDER],
      ...['embedding', 'initial-state'].filter(has).flatMap((name) => [`--${name}`, beside(name)]),
    ];
  }
}

async function readReports(folder: string): Promise<readonly ContextReport[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as ContextReport),
  );
}

/** The tokenizer as rwkv-run wants it; `auto` goes by the size of the logits. */
function tokenizer(asked: string, reports: readonly ContextReport[]): string {
  const outputs = reports.flatMap(({ graphs }) => graphs.flatMap((graph) => graph.outputs));
  const vocabulary = outputs.find(({ name }) => name === 'logits')?.shape.at(-1);
  const name = asked === 'auto' ? tokenizerOfVocabulary(vocabulary ?? 0) : asked;
  return name === 'world' ? 'world:texts/world-vocabulary.txt' : name;
}

const { values } = parseArgs({ options: OPTIONS });
endWith(await runBenchmark(values));
