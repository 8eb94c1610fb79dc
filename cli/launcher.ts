#!/usr/bin/env node
import { instantBuild } from './instant-build.ts';

const MAIN = './main.mjs';
const code = instantBuild(process.argv.slice(2));
if (code === undefined) void import(MAIN);
else process.exitCode = code;
