import type { Failure } from './failure.ts';
import type { Value } from './kind.ts';
import { fail, ok, type Result } from './result.ts';

/** The values of the axes at one point of a matrix, by axis name. */
export type MatrixPoint = Readonly<Record<string, string>>;

/** What an axis may be written as: a list, one value, or a map whose keys count (`${{ models }}`). */
function axisValues(value: Value): readonly string[] | undefined {
  if (Array.isArray(value)) return value.every(isScalar) ? value.map(String) : undefined;
  if (isScalar(value)) return [String(value)];
  if (value !== null && typeof value === 'object') return Object.keys(value);
  return undefined;
}

function isScalar(value: Value): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/**
 * Every point of a matrix, the last axis changing fastest. A matrix without axes has one point. `owner` is whose it is,
 * in words.
 */
export function matrixCells(
  owner: string,
  matrix: Readonly<Record<string, Value>>,
): Result<readonly MatrixPoint[], Failure> {
  let points: MatrixPoint[] = [{}];
  for (const [axis, value] of Object.entries(matrix)) {
    const values = axisValues(value);
    if (values === undefined) {
      return fail({
        kind: 'pipeline-invalid',
        message: `${owner}: axis \`${axis}\` must be a list of names or numbers`,
      });
    }
    if (values.length === 0) {
      return fail({
        kind: 'pipeline-invalid',
        message: `${owner}: axis \`${axis}\` has no values, so the task would never run`,
      });
    }
    const repeated = values.find((candidate, index) => values.indexOf(candidate) !== index);
    if (repeated !== undefined) {
      return fail({
        kind: 'pipeline-invalid',
        message: `${owner}: axis \`${axis}\` has \`${repeated}\` twice`,
      });
    }
    points = points.flatMap((point) => values.map((one) => ({ ...point, [axis]: one })));
  }
  return ok(points);
}

/** Whether two points have the same value on every axis that both have. */
export function agree(left: MatrixPoint, right: MatrixPoint): boolean {
  return Object.entries(left).every(([axis, value]) => right[axis] === undefined || right[axis] === value);
}
