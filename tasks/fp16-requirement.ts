import type { Failure } from '../engine/failure.ts';
import { fail, ok, type Result } from '../engine/result.ts';
import type { Soc } from './soc-table.ts';

/** A precision, as far as a SoC may lack something for it. */
export interface FloatUse {
  readonly precision: string;
  /** Whether its graphs have float operations. */
  readonly fp16: boolean;
}

/** Refuses what Qualcomm's compiler would refuse minutes later with error 3110. */
export function requireFp16(soc: Soc, { precision, fp16 }: FloatUse): Result<void, Failure> {
  if (soc.fp16 || !fp16) return ok(undefined);
  return fail({
    kind: 'unsupported-combination',
    axis: 'precision',
    message: `${soc.name} (HTP v${soc.arch}) cannot compute in fp16, and the precision ${precision} has fp16 operations`,
    hint: `--precision a16w8 works on ${soc.name}; so does any without \`float\` and with bits for all weights`,
  });
}
