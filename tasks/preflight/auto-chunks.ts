import type { Failure } from '../../engine/failure.ts';
import { fail, ok, type Result } from '../../engine/result.ts';
import type { ModelEntry } from '../model-entry.ts';
import { needsFp16 } from '../precision-recipe.ts';
import { findSoc } from '../soc-table.ts';
import { type Fitting, fewestChunks } from './fitting-chunks.ts';
import type { ModelOutline } from './model-outline.ts';
import type { OutlineReader } from './outline-reader.ts';
import type { PreflightCase } from './preflight-cases.ts';

/** What `chunks: auto` is for a model. */
export type ChooseChunks = (model: ModelEntry) => Promise<Result<number, Failure>>;

/** Looks at the weights of a model, and at what a pipeline makes of it. */
export function chunkChooser(
  outlines: OutlineReader,
  cases: () => Result<readonly PreflightCase[], Failure>,
): ChooseChunks {
  return async (model) => {
    const outline = await outlines.of(model);
    if (outline === undefined) {
      return fail({
        kind: 'invalid-value',
        message: `\`chunks: auto\` has to look at the weights of ${model.name}, and ${model.weights} cannot be read as those of an RWKV`,
        hint: 'check the path; or say how many chunks, such as --set chunks=2',
      });
    }
    const all = cases();
    return all.ok
      ? ok(
          autoChunks(
            outline,
            all.value.filter((one) => one.model.name === model.name),
          ),
        )
      : all;
  };
}

/**
 * The chunk count that `chunks: auto` stands for: the smallest with which a model fits on all SoCs and in all
 * precisions that a pipeline makes it for. It follows from shapes and tables alone, so that it is the same on
 * every machine. What cannot be made at all has no say; 1 where nothing has.
 */
export function autoChunks(model: ModelOutline, cases: readonly PreflightCase[]): number {
  const counts = cases.flatMap((one) => {
    const fitting = fittingOf(one, model);
    const fewest = fitting === undefined ? undefined : fewestChunks(fitting);
    return fewest === undefined ? [] : [fewest];
  });
  return Math.max(1, ...counts);
}

/** What decides whether a case fits; undefined where its SoC is unknown, or they do not go together. */
export function fittingOf(one: PreflightCase, model: ModelOutline): Fitting | undefined {
  const soc = findSoc(one.soc);
  const { precision } = one;
  if (!soc.ok || (needsFp16(precision) && !soc.value.fp16)) return undefined;
  const { externalEmbedding, externalHead, prefill } = one;
  return { model, soc: soc.value, precision, externalEmbedding, externalHead, prefill };
}
