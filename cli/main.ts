import type { RecordLook } from '../engine/record-check.ts';
import { buildProgram } from './command-table.ts';
import { keepLook } from './recorded-build.ts';

/** The whole program. `look` is what its launcher has found out already. */
export async function main(look?: RecordLook): Promise<void> {
  keepLook(look);
  process.exitCode = await buildProgram(process.argv.slice(2));
}
