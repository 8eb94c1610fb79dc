import type { Failure } from '../engine/failure.ts';

/** What the process tells its caller. The numbers are what users of build tools expect. */
export const EXIT = {
  ok: 0,
  buildFailed: 1,
  usage: 2,
  environmentMissing: 3,
  interrupted: 130,
} as const;

export function exitCode(failures: readonly Failure[]): number {
  const codes = failures.map(codeOf);
  if (codes.includes(EXIT.interrupted)) return EXIT.interrupted;
  // A build that failed for several reasons is first of all a failed build.
  return codes.length === 0 ? EXIT.ok : Math.min(...codes);
}

function codeOf(failure: Failure): number {
  switch (failure.kind) {
    case 'pipeline-invalid':
    case 'task-cycle':
    case 'unknown-name':
    case 'invalid-value':
    case 'unsupported-combination':
      return EXIT.usage;
    case 'environment-missing':
      return EXIT.environmentMissing;
    case 'interrupted':
      return EXIT.interrupted;
    case 'input-missing':
    case 'input-changed':
    case 'input-undeclared':
    case 'action-failed':
    case 'output-missing':
    case 'output-undeclared':
    case 'storage-failed':
    case 'store-corrupt':
    case 'not-verified':
    case 'history-damaged':
    case 'device-unavailable':
      return EXIT.buildFailed;
  }
}
