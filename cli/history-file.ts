/** The history of benchmarks, beside the pipeline file. */
export const HISTORY_FILE = 'bench-history.jsonl';

/** The histories that a command reads: those that were named, else the one that is here. */
export const historiesToRead = (named: readonly string[]): readonly string[] =>
  named.length === 0 ? [HISTORY_FILE] : named;
