#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import type { RecordLook } from '../engine/record-check.ts';
import { instantBuild } from './instant-build.ts';
import { endOnClosedPipe } from './reporters/closed-pipe.ts';

/** The programs that are loaded when there is something to do: each is a bundle. */
const MAIN = './main.mjs';
const CONTINUED_BUILD = './continued-build.mjs';

async function start(args: readonly string[], look: RecordLook | undefined): Promise<number> {
  if (look !== undefined) {
    const { continuedBuild } = (await import(CONTINUED_BUILD)) as typeof import('./continued-build.ts');
    const exitCode = await continuedBuild(look, args);
    if (exitCode !== undefined) return exitCode;
  }
  const { buildProgram } = (await import(MAIN)) as typeof import('./command-table.ts');
  return buildProgram(args);
}

endOnClosedPipe(process.stdout);
const args = process.argv.slice(2);
// A program that ends after a tenth of a second gets nothing back for what optimising it costs.
setFlagsFromString('--no-opt');
const { exitCode, look } = instantBuild(args);
if (exitCode === undefined) {
  setFlagsFromString('--opt');
  // V8 lets a heap grow to a multiple of what is in use. A graph of 20,000 actions then took 540 MB, with this 350.
  setFlagsFromString('--heap-growing-percent=20');
  // Read when the first of node's threads is needed: with four, flushes to the disk would leave none for work.
  process.env.UV_THREADPOOL_SIZE ??= '16';
  void start(args, look).then((code) => {
    process.exitCode = code;
  });
} else {
  process.exitCode = exitCode;
}
