import type { ResolvedFile } from './action-manifest.ts';
import type { ActionSpec } from './kind.ts';

/** How much memory a command may take that never ran here; 0 when nobody knows. */
export function expectedMemory(
  { memoryPerInputByte = 0 }: Pick<ActionSpec, 'memoryPerInputByte'>,
  files: readonly Pick<ResolvedFile, 'digest'>[],
): number {
  return memoryPerInputByte * files.reduce((sum, { digest }) => sum + digest.size, 0);
}
