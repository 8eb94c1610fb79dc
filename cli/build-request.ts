import type { BuildRequest } from '../engine/build-record.ts';
import { programId } from './program-id.ts';

/** Changes how a build tells of itself, not what it does. */
const JSON_FLAG = '--json';

/** Whether a recorded build is told of in JSON, which its record does not say. */
export const tellsJson = (args: readonly string[]): boolean => args.includes(JSON_FLAG);

/** What a build's record is found by. */
export function buildRequest(args: readonly string[]): BuildRequest {
  return {
    program: programId,
    folder: process.cwd(),
    args: args.filter((argument) => argument !== JSON_FLAG),
  };
}
