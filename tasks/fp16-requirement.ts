import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import { PRECISIONS } from './precision-table.ts';
import type { Soc } from './soc-table.ts';

/** Refuses what Qualcomm's compiler would refuse minutes later with error 3110. */
export function requireFp16(soc: Soc, precision: string): Result<void, Failure> {
  const known = PRECISIONS[precision as keyof typeof PRECISIONS];
  if (soc.fp16 || !known.needsFp16) return ok(undefined);
  const working = Object.entries(PRECISIONS).filter(([, { needsFp16 }]) => !needsFp16);
  return fail({
    kind: 'unsupported-combination',
    axis: 'precision',
    message: `${soc.name} (HTP v${soc.arch}) cannot compute in fp16, and the precision ${precision} has fp16 operations`,
    hint: `--precision ${working.map(([name]) => name).join(' or ')} works on ${soc.name}`,
  });
}
