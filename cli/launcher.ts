#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import type { RecordLook } from '../engine/record-check.ts';
import { instantBuild } from './instant-build.ts';

const MAIN = './main.mjs';

// A program that ends after a tenth of a second gets nothing back for what optimising it costs.
setFlagsFromString('--no-opt');
const { exitCode, look } = instantBuild(process.argv.slice(2));
if (exitCode === undefined) {
  setFlagsFromString('--opt');
  // Read when the first of node's threads is needed: with four, flushes to the disk would leave none for work.
  process.env.UV_THREADPOOL_SIZE ??= '16';
  void import(MAIN).then(({ main }: { main: (look?: RecordLook) => Promise<void> }) => main(look));
} else {
  process.exitCode = exitCode;
}
