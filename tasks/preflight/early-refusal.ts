import type { Failure } from '../../engine/failure.ts';
import { placeIn } from '../../engine/parameter-place.ts';
import type { PipelineSource } from '../../engine/pipeline-source.ts';
import type { PreflightCase } from './preflight-cases.ts';
import type { PreflightRow } from './preflight-rows.ts';

/** Why a build would fail in hours, as the failure that it should begin with. */
export function earlyRefusal(
  row: PreflightRow,
  one: PreflightCase,
  source: PipelineSource,
): Failure | undefined {
  if (row.verdict !== 'refused' || row.axis === undefined || row.reason === undefined) return undefined;
  const place = placeIn(source, one.exportTask, [row.axis]);
  const works =
    row.nearest === undefined
      ? 'rwkv-build plan --preflight shows every combination'
      : `--set ${row.axis}=${row.nearest} works; rwkv-build plan --preflight shows every combination`;
  return {
    kind: 'unsupported-combination',
    axis: row.axis,
    message: `${row.model} in ${row.precision} for ${row.soc}: ${row.reason}`,
    hint: works,
    ...(place === undefined ? {} : { location: place.location }),
  };
}

/** What this machine seems to lack for what was never built on it. */
export function earlyWarning(row: PreflightRow): string | undefined {
  if (row.verdict !== 'lacking' || row.measured) return undefined;
  const works = row.nearest === undefined ? '' : `; ${row.axis} ${row.nearest} would need less`;
  return `${row.model} in ${row.precision} for ${row.soc}: ${row.reason}${works}`;
}
