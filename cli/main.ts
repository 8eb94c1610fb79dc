import { buildProgram } from './command-table.ts';

process.exitCode = await buildProgram(process.argv.slice(2));
