#!/usr/bin/env node
import { instantBuild } from './instant-build.ts';

const MAIN = './main.mjs';
const code = instantBuild(process.argv.slice(2));
if (code === undefined) {
  // Read when the first of node's threads is needed: with four, flushes to the disk would leave none for work.
  process.env.UV_THREADPOOL_SIZE ??= '16';
  void import(MAIN);
} else {
  process.exitCode = code;
}
