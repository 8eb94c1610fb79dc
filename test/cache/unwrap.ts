import type { Failure } from '../../engine/failure.ts';
import type { Result } from '../../engine/result.ts';

/** The value of a result that a test expects to be one. */
export function unwrap<T, F>(result: Result<T, F>): T {
  if (result.ok) return result.value;
  throw new Error(`expected a value, got ${JSON.stringify(result.failure)}`);
}

/** The failure of a result that a test expects to be one. */
export function failureOf<T, F = Failure>(result: Result<T, F>): F {
  if (!result.ok) return result.failure;
  throw new Error('expected a failure, got a value');
}
