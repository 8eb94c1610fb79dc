import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import type { Failure } from '../engine/failure.ts';
import type { Value } from '../engine/kind.ts';
import { nearestName } from '../engine/nearest-name.ts';
import { loadPipeline, type Pipeline } from '../engine/pipeline-load.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { layerCount } from '../tasks/layer-count.ts';
import { completeModelEntry } from '../tasks/model-entry.ts';
import { completePrecisions } from '../tasks/shipped-precisions.ts';
import { isShardIndex, weightShards } from '../tasks/weight-shards.ts';
import type { BuildOptions } from './build-options.ts';

/** Loads the pipeline file and lets the command line have its say over parameters and models. */
export async function requestedPipeline(
  options: BuildOptions,
  validate: ValidateFunction,
  packageRoot: string,
): Promise<Result<Pipeline, readonly Failure[]>> {
  const loaded = await loadPipeline(options.file, validate);
  if (!loaded.ok) return loaded;
  const params = overrideParams(loaded.value, options);
  if (!params.ok) return fail([params.failure]);
  const models = await chooseModels(loaded.value, options.model, packageRoot);
  if (!models.ok) return fail([models.failure]);
  // A path becomes a model of its own, whose name only is known now.
  const asked = options.model.length > 0 && Object.hasOwn(params.value, 'model');
  const model = asked ? { model: Object.keys(models.value) } : {};
  const precisions = await precisionsOf(loaded.value, packageRoot);
  if (!precisions.ok) return fail([placed(loaded.value, precisions.failure)]);
  return ok({
    ...loaded.value,
    params: { ...params.value, ...model },
    models: models.value,
    precisions: precisions.value,
  });
}

/** A pipeline of shell commands alone has no use for the shipped ones, which are a file to be read. */
async function precisionsOf(
  { precisions, tasks }: Pipeline,
  packageRoot: string,
): Promise<Result<Record<string, Value>, Failure>> {
  const usesKinds = Object.values(tasks).some(({ uses }) => uses !== undefined);
  return usesKinds || Object.keys(precisions).length > 0
    ? completePrecisions(precisions, packageRoot)
    : ok({});
}

/** What is wrong with the precisions of a pipeline is shown where they stand. */
function placed(pipeline: Pipeline, failure: Failure): Failure {
  return { ...failure, location: pipeline.source.locate(['precisions'], 'key') };
}

function overrideParams(pipeline: Pipeline, options: BuildOptions): Result<Record<string, Value>, Failure> {
  const params: Record<string, Value> = { ...pipeline.params };
  const known = Object.keys(pipeline.params);
  const assign = (flag: string, name: string, value: Value): Failure | undefined => {
    if (!Object.hasOwn(pipeline.params, name)) {
      const nearest = nearestName(name, known);
      return {
        kind: 'unknown-name',
        what: 'parameter',
        name,
        message: `${flag}: ${pipeline.file} has no parameter \`${name}\``,
        hint: nearest === undefined ? `its parameters: ${known.join(', ')}` : `did you mean \`${nearest}\`?`,
        ...(nearest === undefined ? {} : { nearest }),
      };
    }
    params[name] = value;
    return undefined;
  };
  for (const pair of options.set) {
    const at = pair.indexOf('=');
    if (at < 1) {
      return fail({
        kind: 'invalid-value',
        message: `--set ${pair}: expected name=value`,
        hint: '--set chunks=4',
      });
    }
    const name = pair.slice(0, at);
    const failure = assign(`--set ${pair}`, name, parameterValue(pair.slice(at + 1), pipeline.params[name]));
    if (failure !== undefined) return fail(failure);
  }
  const lists = { soc: options.soc, precision: options.precision, target: options.target };
  for (const [name, values] of Object.entries(lists)) {
    const failure = values.length === 0 ? undefined : assign(`--${name}`, name, [...new Set(values)]);
    if (failure !== undefined) return fail(failure);
  }
  if (options.device !== undefined) {
    const failure = assign('--device', 'device', options.device);
    if (failure !== undefined) return fail(failure);
  }
  return ok(params);
}

/** A value as YAML reads it; where the pipeline has a list, `a,b` is one, of numbers where it has numbers. */
function parameterValue(text: string, before: Value | undefined): Value {
  if (Array.isArray(before) && !text.startsWith('[')) {
    const parts = text.split(',').map((part) => part.trim());
    return before.some((one) => typeof one === 'number') ? parts.map((part) => yamlValue(part)) : parts;
  }
  return yamlValue(text);
}

function yamlValue(text: string): Value {
  try {
    return parse(text) as Value;
  } catch {
    return text;
  }
}

async function chooseModels(
  pipeline: Pipeline,
  asked: readonly string[],
  packageRoot: string,
): Promise<Result<Record<string, Value>, Failure>> {
  const complete = async (name: string, entry: Value): Promise<Value> => {
    const written = entry as Record<string, Value>;
    const weights = resolve(pipeline.folder, String(written.weights));
    const found = { shards: await weightShards(weights), layers: await layerCount(weights) };
    return completeModelEntry(name, written, packageRoot, found) as unknown as Value;
  };
  const chosen: Record<string, Value> = {};
  if (asked.length === 0) {
    for (const [name, entry] of Object.entries(pipeline.models)) chosen[name] = await complete(name, entry);
    return ok(chosen);
  }
  for (const one of asked) {
    const entry = pipeline.models[one];
    if (entry !== undefined) {
      chosen[one] = await complete(one, entry);
      continue;
    }
    const path = resolve(one);
    const known = Object.keys(pipeline.models);
    if (!existsSync(path)) {
      const nearest = nearestName(one, known);
      return fail({
        kind: 'unknown-name',
        what: 'model',
        name: one,
        message: `--model ${one}: no such file, and ${pipeline.file} has no model of that name`,
        hint: nearest === undefined ? `its models: ${known.join(', ')}` : `did you mean \`${nearest}\`?`,
        ...(nearest === undefined ? {} : { nearest }),
      });
    }
    const name = modelName(path);
    chosen[name] = await complete(name, { weights: path });
  }
  return ok(chosen);
}

/** A model is named after its file; what its own format calls every file says nothing. */
export function modelName(path: string): string {
  const file = basename(path);
  const stem = isShardIndex(file) ? (file.split('.')[0] ?? '') : basename(file, extname(file));
  const name = stem === 'model' || stem === 'pytorch_model' ? basename(resolve(path, '..')) : stem;
  return name.replace(/[^A-Za-z0-9._-]+/g, '-');
}
