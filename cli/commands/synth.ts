import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cacheRoot } from '../../cache/cache-root.ts';
import { PYTHON_ENVIRONMENT } from '../../tasks/python-stage.ts';
import { registeredTools } from '../../tasks/tool-registry.ts';
import { EXIT } from '../exit-code.ts';
import { packageRoot } from '../package-root.ts';
import { failUsage } from './command-failure.ts';

export interface SynthOptions {
  readonly arch: string;
  readonly layers: number;
  readonly embd: number;
  readonly vocab: number;
  readonly headSize: number;
  readonly seed: number;
  readonly format: 'fp16' | 'fp32';
  /** The file to write. */
  readonly output: string;
}

const WRITE_CHECKPOINT = 'tasks/synthetic-weights/write_checkpoint.py';

/** Writes weights of random numbers in the shapes of real models, with the stages' Python. */
export async function synth(options: SynthOptions): Promise<number> {
  const output = resolve(options.output);
  const folder = dirname(output);
  try {
    await access(folder, constants.W_OK);
  } catch {
    return failUsage(
      [
        {
          kind: 'invalid-value',
          message: `${folder} is no folder to write to`,
          hint: 'make it, or name another with -o',
        },
      ],
      { json: false },
    );
  }
  const root = packageRoot();
  const python = registeredTools(root, cacheRoot(process.env)).get('python');
  if (python === undefined) throw new Error('no tool is called python');
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const environment = await python.prepare(say, new AbortController().signal);
  if (!environment.ok) return failUsage([environment.failure], { json: false });

  const { arch, layers, embd, vocab, headSize, seed, format } = options;
  const figures = { arch, layers, embd, vocab, 'head-size': headSize, seed, format, output };
  const flags = Object.entries(figures).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(join(environment.value, 'bin', 'python'), [join(root, WRITE_CHECKPOINT), ...flags], {
    env: {
      ...process.env,
      ...PYTHON_ENVIRONMENT,
      PYTHONPATH: join(root, PYTHON_ENVIRONMENT.PYTHONPATH ?? ''),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((done, reject) => {
    child.on('error', reject);
    child.on('close', done);
  });
  if (code === 130 || code === null) return EXIT.interrupted;
  return code === 0 ? EXIT.ok : EXIT.buildFailed;
}
