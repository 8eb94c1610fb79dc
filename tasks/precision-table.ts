import type { Failure } from '../engine/failure.ts';
import { nearestName } from '../engine/nearest-name.ts';
import { fail, ok, type Result } from '../engine/result.ts';

/** What a precision needs of the stages and of the SoC. */
export interface Precision {
  /** Whether converting needs activation encodings. */
  readonly quantised: boolean;
  /** Whether its graphs have float operations, which an HTP without fp16 refuses. */
  readonly needsFp16: boolean;
  /** What a weight of a linear layer takes; the others take 16 bits. */
  readonly linearBits: number;
}

export const PRECISIONS = {
  fp16: { quantised: false, needsFp16: true, linearBits: 16 },
  a16w8: { quantised: true, needsFp16: true, linearBits: 8 },
  'a16w8-int': { quantised: true, needsFp16: false, linearBits: 8 },
} as const satisfies Record<string, Precision>;

/** The precision of this name. */
export function findPrecision(name: string): Result<Precision, Failure> {
  const found = Object.entries(PRECISIONS).find(([known]) => known === name);
  if (found !== undefined) return ok(found[1]);
  const known = Object.keys(PRECISIONS);
  const nearest = nearestName(name, known);
  return fail({
    kind: 'unknown-name',
    what: 'precision',
    name,
    message: `there is no precision \`${name}\``,
    hint: `known: ${known.join(', ')}`,
    ...(nearest === undefined ? {} : { nearest }),
  });
}
