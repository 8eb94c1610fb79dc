import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { writeAtomically } from '../../cache/atomic-write.ts';
import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import { BUILDABLE_VERSIONS, recogniseSafetensors } from '../../tasks/model-recognition.ts';
import { findSoc, type Soc } from '../../tasks/soc-table.ts';
import { EXIT } from '../exit-code.ts';
import { packageRoot } from '../package-root.ts';
import { modelName } from '../pipeline-request.ts';
import { pipelineText, type TemplateModel } from '../pipeline-template.ts';
import { failUsage } from './command-failure.ts';

export interface InitOptions {
  /** Where the pipeline is written. */
  readonly file: string;
  readonly soc: readonly string[];
  /** Whether a file that is there is replaced. */
  readonly force: boolean;
  /** Whether the text goes to stdout instead. */
  readonly dryRun: boolean;
}

const WEIGHTS = ['.pth', '.safetensors'];
const DEFAULT_SOC = 'SM8650';
const SHIPPED_WEIGHTS = 'models/rwkv7-austen/model.safetensors';

/** Writes a commented pipeline for weights: those that are named, else those in the folder, else the shipped. */
export async function init(weights: readonly string[], options: InitOptions): Promise<number> {
  const refuse = (failure: Failure): number => failUsage([failure], { json: false });
  if (existsSync(options.file) && !options.force && !options.dryRun)
    return refuse(existsFailure(options.file));
  const socs = chosenSocs(options.soc);
  if (!socs.ok) return refuse(socs.failure);
  const folder = dirname(resolve(options.file));
  const models: TemplateModel[] = [];
  for (const path of weights.length > 0 ? weights : await weightsIn(folder)) {
    const model = await templateModel(path, folder);
    if (!model.ok) return refuse(model.failure);
    const twin = models.find(({ name }) => name === model.value.name);
    if (twin !== undefined) return refuse(twinFailure(twin, model.value));
    models.push(model.value);
  }
  const text = pipelineText({
    schema: shownPath(join(packageRoot(), 'pipeline.schema.json'), folder),
    models,
    socs: socs.value.map(({ name }) => name),
    precisions: socs.value.every(({ fp16 }) => fp16) ? ['fp16', 'a16w8'] : ['a16w8'],
    shipped: await readFile(join(packageRoot(), 'rwkv.pipeline.yaml'), 'utf8'),
  });
  if (options.dryRun) {
    process.stdout.write(text);
    return EXIT.ok;
  }
  const written = await writeAtomically(resolve(options.file), text);
  if (!written.ok) return refuse(written.failure);
  const names = models.map(({ name }) => name).join(', ');
  const at = options.file === 'rwkv.pipeline.yaml' ? '' : ` -f ${options.file}`;
  process.stderr.write(`wrote ${options.file} for ${names}\nnext: rwkv-build plan${at}\n`);
  return EXIT.ok;
}

function chosenSocs(names: readonly string[]): Result<readonly Soc[], Failure> {
  const socs = new Set<Soc>();
  for (const name of names.length > 0 ? names : [DEFAULT_SOC]) {
    const soc = findSoc(name);
    if (!soc.ok) return soc;
    socs.add(soc.value);
  }
  return ok([...socs]);
}

async function weightsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names.filter((name) => WEIGHTS.includes(extname(name))).sort();
  return found.length > 0 ? found.map((name) => join(folder, name)) : [join(packageRoot(), SHIPPED_WEIGHTS)];
}

async function templateModel(path: string, folder: string): Promise<Result<TemplateModel, Failure>> {
  const absolute = resolve(path);
  const status = await stat(absolute).catch(() => undefined);
  if (status?.isFile() !== true) {
    const message = `${path} is ${status === undefined ? 'not there' : 'not a file'}`;
    return fail({
      kind: 'input-missing',
      path: absolute,
      message,
      hint: 'name weights: a .pth or .safetensors file',
    });
  }
  if (!WEIGHTS.includes(extname(absolute))) {
    return fail({
      kind: 'invalid-value',
      message: `${path} is neither a .pth nor a .safetensors file`,
      hint: 'give the weights of an RWKV model as its author published them',
    });
  }
  const recognised = extname(absolute) === '.safetensors' ? await recogniseSafetensors(absolute) : undefined;
  const version = recognised?.version;
  if (recognised !== undefined && !(version !== undefined && BUILDABLE_VERSIONS.includes(version))) {
    return fail({
      kind: 'unsupported-combination',
      axis: 'model',
      message:
        version === undefined
          ? `${path} is not recognised as any RWKV`
          : `${path} is RWKV-${version}, which cannot be built`,
      hint: `give the weights of one of RWKV ${BUILDABLE_VERSIONS.join(', ')}`,
    });
  }
  return ok({ name: modelName(absolute), weights: shownPath(absolute, folder), recognised });
}

/** Relative inside the folder, so that it can be moved; absolute elsewhere. */
function shownPath(path: string, folder: string): string {
  const inside = relative(folder, path).split(sep).join('/');
  return inside.startsWith('../') ? path : inside;
}

function existsFailure(file: string): Failure {
  return {
    kind: 'invalid-value',
    message: `${file} is there already, and was left alone`,
    hint: '--force replaces it, --dry-run prints what would be written, -f names another file',
  };
}

function twinFailure(one: TemplateModel, other: TemplateModel): Failure {
  return {
    kind: 'invalid-value',
    message: `${one.weights} and ${other.weights} would both be called \`${one.name}\``,
    hint: 'rename one of the files: a model is named after its file',
  };
}
