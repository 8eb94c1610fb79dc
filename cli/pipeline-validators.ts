import type { ValidateFunction } from 'ajv';
// Compiled by `npm run build` from the kinds' schemas: compiling them at every start takes a tenth of a second.
import * as validators from '../generated/pipeline-validators.mjs';

const compiled = validators as Readonly<Record<string, ValidateFunction>>;

/** The validator of a pipeline file as it is written. */
export function pipelineValidator(): ValidateFunction {
  return validator('pipeline');
}

/** The validators of the kinds' `with:` once expressions are filled in, by kind. */
export function parameterValidators(kinds: Iterable<string>): ReadonlyMap<string, ValidateFunction> {
  return new Map([...kinds].map((kind) => [kind, validator(kind.replaceAll('-', '_'))]));
}

function validator(name: string): ValidateFunction {
  const found = compiled[name];
  if (found === undefined) throw new Error(`no validator was generated for ${name}: run \`npm run build\``);
  return found;
}
