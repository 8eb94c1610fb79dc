import type { BuildRequest } from '../engine/build-record.ts';
import { programId } from './program-id.ts';

/** Changes how a build tells of itself, not what it does. */
const TELLING = new Set(['--json']);

/** What a build's record is found by. */
export function buildRequest(args: readonly string[]): BuildRequest {
  return {
    program: programId,
    folder: process.cwd(),
    args: args.filter((argument) => !TELLING.has(argument)),
  };
}
