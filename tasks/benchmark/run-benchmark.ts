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
import type { BenchmarkResult, ContextReport, RuntimeResult } from './benchmark-result.ts';

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
  result: { type: 'string', default: 'benchmark.json' },
} as const;

type Options = { readonly [name in keyof typeof OPTIONS]: string };

async function runBenchmark(options: Options): Promise<Failure | undefined> {
  const receipt = JSON.parse(await readFile(options.receipt, 'utf8')) as DeviceReceipt;
  const selected = await openDevice(options.device, process.env);
  if (!selected.ok) return selected.failure;
  const { device } = selected.value;
  const found = await runOnDevice(device, receipt, await readReports(options.reports), options);
  if (!found.ok) return found.failure;
  const { prompt, text, tokens, evaluation, ...measured } = found.value;
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
    evaluation,
    // An emulator's times would be read as a phone's, whatever stood beside them.
    ...(emulated ? { emulation: measured } : { measured }),
    device: { kind, serial, soc, model, operating_system: operatingSystem, target },
    files: receipt.files,
  };
  await writeFile(options.result, `${JSON.stringify(result, null, 2)}\n`);
  return undefined;
}

async function runOnDevice(
  device: Device,
  receipt: DeviceReceipt,
  reports: readonly ContextReport[],
  options: Options,
): Promise<Result<RuntimeResult, Failure>> {
  const has = (path: string): boolean => receipt.files.some((file) => file.path === path);
  // Beside the contexts: a folder that is there, and that no other benchmark writes to.
  const output = posix.join(posix.dirname(options.context), 'result.json');
  const beside = (name: string): string => `models/${options.model}/${name}.f32`;
  const given = ['embedding', 'initial-state'].filter((name) => has(beside(name)));
  const command = [
    'runtime/rwkv-run',
    ...['--qnn-libs', LIBRARY_FOLDER, '--context', options.context],
    ...['--tokenizer', tokenizer(options.tokenizer, reports)],
    ...given.flatMap((name) => [`--${name}`, beside(name)]),
    ...['--prompt', options.prompt, '--tokens', options.tokens, '--temperature', options.temperature],
    ...['--top-p', options['top-p'], '--seed', options.seed],
    ...['--evaluate', `texts/${options.model}.txt`, '--evaluate-tokens', options['evaluate-tokens']],
    ...['--reference', `texts/${options.model}.reference.f32`, '--json', output],
  ];
  const folder = `${device.folder}/${LIBRARY_FOLDER}`;
  const errors: Uint8Array[] = [];
  const run = await device.run(command, {
    cwd: '.',
    environment: { LD_LIBRARY_PATH: folder, ADSP_LIBRARY_PATH: folder },
    timeLimitSeconds: 3 * 3600,
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => {
      errors.push(chunk);
      process.stderr.write(chunk);
    },
  });
  if (!run.ok) return run;
  if (run.value.exitCode !== 0) {
    return fail({
      kind: 'action-failed',
      action: 'benchmark',
      exitCode: run.value.exitCode,
      signal: null,
      output: Buffer.concat(errors).toString(),
      message: `rwkv-run ended with exit code ${run.value.exitCode} on the device ${device.serial}`,
      hint: 'if files on the device were removed by hand, run `rwkv-build clean device` and then the same command again',
    });
  }
  // Not beside the result: what is in the action's folder is its output.
  const here = join(tmpdir(), 'runtime-result.json');
  const pulled = await device.pull(output, here);
  if (!pulled.ok) return pulled;
  return ok(JSON.parse(await readFile(here, 'utf8')) as RuntimeResult);
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
