import type { Failure } from './failure.ts';
import type { Value } from './kind.ts';
import { agree, type MatrixPoint, matrixCells } from './matrix-cells.ts';
import { nearestName } from './nearest-name.ts';
import type { Pipeline } from './pipeline-load.ts';
import { fail, ok, type Result } from './result.ts';

/** What of a matrix is no axis. */
const INCLUDE = 'include';
const EXCLUDE = 'exclude';

/** An entry of `matrices:` as it is written: values of parameters, cells that are left out, cells that are added. */
export type WrittenMatrix = Readonly<Record<string, Value>>;

/**
 * The cells of one of the pipeline's `matrices:`, each the values that some of its parameters have there; the last
 * axis changes fastest, and what is included comes last. A cell is excluded by any map that it agrees with.
 */
export function parameterMatrix(pipeline: Pipeline, name: string): Result<readonly MatrixPoint[], Failure> {
  const written = pipeline.matrices[name];
  if (written === undefined) return fail(unknownMatrix(pipeline, name));
  const axes = Object.entries(written).filter(([key]) => key !== INCLUDE && key !== EXCLUDE);
  const product =
    axes.length === 0 ? ok([]) : matrixCells(`the matrix \`${name}\``, Object.fromEntries(axes));
  if (!product.ok) return product;
  const excluded = pointsIn(written[EXCLUDE]);
  const kept = product.value.filter((cell) => !excluded.some((point) => covers(cell, point)));
  const cells = [...kept, ...pointsIn(written[INCLUDE])];
  const unknown = cells.flatMap(Object.keys).find((axis) => !Object.hasOwn(pipeline.params, axis));
  if (unknown !== undefined) return fail(unknownParameter(pipeline, name, unknown));
  const distinct = new Map(cells.map((cell) => [cellName(cell), cell]));
  if (distinct.size > 0) return ok([...distinct.values()]);
  return fail({
    kind: 'pipeline-invalid',
    message: `the matrix \`${name}\` has no cells: everything in it is excluded`,
    location: pipeline.source.locate(['matrices', name], 'key'),
  });
}

/** `rwkv7-austen/fp16/SM8650/2`: a cell by its values. */
export const cellName = (cell: MatrixPoint): string => Object.values(cell).join('/');

/** Whether a cell has all the values of a point. */
const covers = (cell: MatrixPoint, point: MatrixPoint): boolean =>
  Object.keys(point).every((axis) => Object.hasOwn(cell, axis)) && agree(cell, point);

function pointsIn(value: Value | undefined): readonly MatrixPoint[] {
  const maps = (value ?? []) as readonly Readonly<Record<string, Value>>[];
  return maps.map((map) => Object.fromEntries(Object.entries(map).map(([axis, one]) => [axis, String(one)])));
}

function unknownMatrix(pipeline: Pipeline, name: string): Failure {
  const known = Object.keys(pipeline.matrices);
  const nearest = nearestName(name, known);
  const hint =
    known.length === 0
      ? `add to it: \`matrices: { ${name}: { precision: [fp16, a16w8], soc: [SM8650] } }\``
      : nearest === undefined
        ? `its matrices: ${known.join(', ')}`
        : `did you mean \`${nearest}\`?`;
  return {
    kind: 'unknown-name',
    what: 'matrix',
    name,
    message: `${pipeline.file} has no matrix \`${name}\``,
    hint,
    ...(nearest === undefined ? {} : { nearest }),
  };
}

function unknownParameter(pipeline: Pipeline, matrix: string, name: string): Failure {
  const known = Object.keys(pipeline.params);
  const nearest = nearestName(name, known);
  return {
    kind: 'unknown-name',
    what: 'parameter',
    name,
    message: `the matrix \`${matrix}\` is over \`${name}\`, which is no parameter of ${pipeline.file}`,
    hint: nearest === undefined ? `its parameters: ${known.join(', ')}` : `did you mean \`${nearest}\`?`,
    location: pipeline.source.locate(['matrices', matrix], 'key'),
    ...(nearest === undefined ? {} : { nearest }),
  };
}
