import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import type { RunRecord } from './run-record.ts';

/** The records of one run: the one whose name begins so, or the latest. Fails with `unknown-name`. */
export function chosenRun(
  records: readonly RunRecord[],
  begin: string | undefined,
): Result<readonly RunRecord[], Failure> {
  const runs = [...new Set(records.map(({ run }) => run))].sort();
  const found = begin === undefined ? runs.slice(-1) : runs.filter((run) => run.startsWith(begin));
  const [run] = found;
  if (run !== undefined && found.length === 1) return ok(records.filter((record) => record.run === run));
  const name = begin ?? 'the latest';
  const message = found.length === 0 ? `there is no run ${name}` : `${found.length} runs begin with ${name}`;
  const shown = found.length === 0 ? runs.slice(-5) : found.slice(0, 5);
  return fail({
    kind: 'unknown-name',
    what: 'run',
    name,
    message,
    hint:
      shown.length === 0
        ? '`rwkv-build bench --matrix NAME` makes the first'
        : `${found.length === 0 ? 'the latest' : 'give more of'}: ${shown.join(', ')}`,
  });
}

/** What was measured before a run of the same matrix. */
export function recordsBefore(
  records: readonly RunRecord[],
  run: readonly RunRecord[],
): readonly RunRecord[] {
  const [first] = run;
  if (first === undefined) return [];
  return records.filter((record) => record.matrix === first.matrix && record.run < first.run);
}
