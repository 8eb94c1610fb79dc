import type { ResultReported } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import type { VerifiedRecord } from '../../tasks/fidelity/verified-record.ts';
import type { BuildOptions } from '../build-options.ts';
import { isVerified } from '../reporters/verified-tables.ts';
import { build } from './build.ts';

/** What the pipeline calls the tasks that prove a model right. */
const VERIFY_TARGET = 'verify';
/** The parameter of the pipeline that says what is looked at inside of a model. */
const PROBE_PARAMETER = 'probe';

/**
 * Holds every stage of the built models to the fp32 reference; builds what that needs. With a layer, everything that is
 * computed in it is compared. Returns the exit code: a stage that is not right fails.
 */
export async function verify(
  targets: readonly string[],
  options: BuildOptions,
  layer: number | undefined,
): Promise<number> {
  const probe = layer === undefined ? [] : [`${PROBE_PARAMETER}=${layer}`];
  return build(
    targets.length === 0 ? [VERIFY_TARGET] : targets,
    { ...options, set: [...options.set, ...probe] },
    { logs: 'kept', onFailure: 'finish', outputs: 'copy', judge: departures },
  );
}

/** A failure for each stage that is not within its bounds. */
function departures(results: readonly ResultReported[]): readonly Failure[] {
  const records = results.map(({ result }) => result as unknown as VerifiedRecord).filter(isVerified);
  return records.flatMap((record) =>
    record.stages
      .filter(({ within }) => !within)
      .map(({ stage, kl_mean, departs }): Failure => {
        const { model, precision, soc, bounds } = record;
        const where = departs === null ? 'no layer stands out' : `the first that departs is ${departs.name}`;
        const found = kl_mean === null ? 'its predictions are no numbers' : `KL ${kl_mean.toPrecision(2)}`;
        const layer = /^blocks\.(\d+)\./.exec(departs?.name ?? '')?.[1];
        return {
          kind: 'not-verified',
          model,
          stage,
          message: `${model} in ${precision} for ${soc} is not what its weights say, at the stage ${stage}: ${found} (bound ${bounds.kl}); ${where}`,
          ...(layer === undefined || record.probe !== 'layers'
            ? {}
            : { hint: `\`rwkv-build verify --layer ${layer}\` shows what is computed in that layer` }),
        };
      }),
  );
}
