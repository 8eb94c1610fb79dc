import type { Failure } from '../engine/failure.ts';

/** Ends one of our own programs the way the Python and C++ ones end: the cause and the next step on stderr. */
export function endWith(failure: Failure | undefined): void {
  if (failure === undefined) return;
  process.stderr.write(`error: ${failure.message}\n`);
  if (failure.hint !== undefined) process.stderr.write(`hint: ${failure.hint}\n`);
  process.exitCode = 1;
}
