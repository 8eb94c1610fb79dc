import { requireFp16 } from '../fp16-requirement.ts';
import { needsFp16 } from '../precision-recipe.ts';
import { type Fitting, fewestChunks, TOLERANCE } from './fitting-chunks.ts';
import type { PreflightCase } from './preflight-cases.ts';
import type { PreflightRow } from './preflight-rows.ts';

/** Whether a context can be made: it fits, it never can be, this machine lacks something, or nobody knows. */
export interface Verdict {
  readonly verdict: 'fits' | 'refused' | 'lacking' | 'unknown';
  readonly axis?: string;
  readonly reason?: string;
  readonly nearest?: string;
}

type Figures = Omit<PreflightRow, keyof Verdict>;

const GB = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 2 : 1)} GB`;

/** Holds the figures against what the SoC and this machine have; the first thing that fails counts. */
export function judge(row: Figures, one: PreflightCase, fitting: Fitting): Verdict {
  return (
    precisionVerdict(one, fitting) ??
    layersVerdict(row) ??
    sizeVerdict(row, one, fitting) ??
    machineVerdict(row, fitting) ?? { verdict: 'fits' }
  );
}

function precisionVerdict({ precision, precisions }: PreflightCase, { soc }: Fitting): Verdict | undefined {
  const possible = requireFp16(soc, { precision: precision.name, fp16: needsFp16(precision) });
  if (possible.ok) return undefined;
  const nearest = precisions.find((other) => !needsFp16(other));
  return refused('precision', possible.failure.message, nearest?.name);
}

function layersVerdict({ chunks, layers }: Figures): Verdict | undefined {
  if (chunks === null || layers === null || (Number.isInteger(chunks) && chunks >= 1 && chunks <= layers))
    return undefined;
  return refused('chunks', `${layers} layers cannot be split into ${chunks} chunks`, String(layers));
}

function sizeVerdict(
  { largestBytes, limitBytes, soc, chunks }: Figures,
  { precisions }: PreflightCase,
  fitting: Fitting,
): Verdict | undefined {
  if (largestBytes * (1 - TOLERANCE) <= limitBytes) return undefined;
  const whole = chunks === 1 ? 'the context' : 'the largest chunk';
  const reason = `${whole} would be ${GB(largestBytes)}, and the compiler for ${soc} (HTP v${fitting.soc.arch}) lets one graph hold ${GB(limitBytes)}`;
  const fewest = fewestChunks(fitting);
  if (fewest !== undefined) return refused('chunks', reason, String(fewest));
  const smaller = precisions.find(
    (precision) =>
      (fitting.soc.fp16 || !needsFp16(precision)) && fewestChunks({ ...fitting, precision }) !== undefined,
  );
  return refused('precision', `${reason}, however it is split`, smaller?.name);
}

function machineVerdict(row: Figures, fitting: Fitting): Verdict | undefined {
  const { memoryBytes, freeMemoryBytes, diskBytes, freeDiskBytes } = row;
  if (memoryBytes > freeMemoryBytes) {
    const reason = `its build takes about ${GB(memoryBytes)} of memory at once, and ${GB(freeMemoryBytes)} are free`;
    return lacking('chunks', reason, fewestChunks(fitting, freeMemoryBytes)?.toString());
  }
  if (diskBytes <= freeDiskBytes) return undefined;
  const reason = `its build takes about ${GB(diskBytes)} of disk, and ${GB(freeDiskBytes)} are free`;
  return lacking('disk', reason, undefined);
}

const refused = (axis: string, reason: string, nearest: string | undefined): Verdict => ({
  verdict: 'refused',
  axis,
  reason,
  ...(nearest === undefined ? {} : { nearest }),
});

const lacking = (axis: string, reason: string, nearest: string | undefined): Verdict => ({
  ...refused(axis, reason, nearest),
  verdict: 'lacking',
});
