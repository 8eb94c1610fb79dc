import { actionExport, csvExport, markdownExport } from '../../results/record-export.ts';
import { chosenRun } from '../../results/run-choice.ts';
import { readHistory } from '../../results/run-history.ts';
import { EXIT } from '../exit-code.ts';
import { historiesToRead } from '../history-file.ts';
import { failUsage } from './command-failure.ts';

export interface ExportOptions {
  /** None: the one beside the pipeline file. */
  readonly history: readonly string[];
  readonly format: 'csv' | 'md' | 'json';
  /** One run alone, by what its name begins with. */
  readonly run?: string;
}

const EXPORTS = { csv: csvExport, md: markdownExport, json: actionExport } as const;

/** Prints the records of a history, or of one run, for other programs. */
export async function benchExport({ history, format, run }: ExportOptions): Promise<number> {
  const read = await readHistory(historiesToRead(history));
  if (!read.ok) return failUsage([read.failure], { json: false });
  const { records } = read.value;
  const chosen = run === undefined ? ({ ok: true, value: records } as const) : chosenRun(records, run);
  if (!chosen.ok) return failUsage([chosen.failure], { json: false });
  process.stdout.write(EXPORTS[format](chosen.value));
  return EXIT.ok;
}
