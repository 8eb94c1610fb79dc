import { join } from 'node:path';
import { type ModelBench, type ModelSite, REPOSITORY } from '../models/model-bench.ts';

/** Where the model's contexts lie, under the site's folder. */
export const contextOf = (precision: string): string =>
  `out/synthetic/${precision}/SM8650/synthetic_chunk1of1.bin`;

const SIZES = ['--arch', 'v7', '--layers', '2', '--embd', '256', '--vocab', '65536'] as const;

/** Ranges of random weights say nothing, so a few tokens do. */
const PIPELINE = `version: 1
models:
  synthetic:
    weights: weights.safetensors
    calibration: ${join(REPOSITORY, 'models/rwkv7-austen/calibration.txt')}
    tokenizer: world
tasks:
  export:
    uses: export-onnx
    matrix: { model: "\${{ models }}" }
    with: { model: "\${{ models[matrix.model] }}", chunks: 1, prefill: 0 }
  calibrate:
    uses: calibrate
    needs: [export]
    matrix: { model: "\${{ models }}" }
    with: { model: "\${{ models[matrix.model] }}", tokens: 8 }
  convert:
    uses: qnn-convert
    needs: [export, calibrate]
    matrix: { model: "\${{ models }}", precision: [fp16, a16w8] }
    with: { model: "\${{ models[matrix.model] }}", precision: "\${{ precisions[matrix.precision] }}" }
  host-tools:
    uses: build-runtime
    with: { target: x86_64-linux, programs: [qnn-context, librwkv_qnn.so, runtime-bench] }
  context:
    uses: context-cache
    needs: [convert, host-tools]
    matrix: { model: "\${{ models }}", precision: [fp16, a16w8], soc: [SM8650] }
    with: { soc: "\${{ matrix.soc }}" }
`;

/** A small model with as many logits as RWKV's World models have, and the programs that measure; or why there is none. */
export async function largeVocabulary(
  bench: ModelBench,
  ...tasks: readonly ('host-tools' | 'context')[]
): Promise<ModelSite | string> {
  const site = bench.site('large-vocabulary');
  site.write('rwkv.pipeline.yaml', PIPELINE);
  if (!site.has('weights.safetensors')) {
    const made = await bench.call(site.folder, ['synth', ...SIZES, '-o', 'weights.safetensors']);
    if (!site.has('weights.safetensors')) return made.complaint;
  }
  const run = await site.run(...tasks);
  return run.code === 0 ? site : run.complaint;
}
