import { join } from 'node:path';
import { type ModelBench, type ModelSite, REPOSITORY } from './model-bench.ts';

/** The sizes of a model of random weights. */
export interface SyntheticModel {
  readonly arch: 'v6' | 'v7';
  readonly layers: number;
  readonly embd: number;
}

/** A folder with the weights, written by `rwkv-build synth`, and a pipeline for them; or why there is none. */
export async function syntheticSite(
  bench: ModelBench,
  { arch, layers, embd }: SyntheticModel,
): Promise<ModelSite | string> {
  const site = bench.site(`${arch}-${layers}x${embd}`);
  site.write('rwkv.pipeline.yaml', PIPELINE);
  if (!site.has('weights.safetensors')) {
    const sizes = ['--arch', arch, '--layers', String(layers), '--embd', String(embd)];
    const made = await bench.call(site.folder, ['synth', ...sizes, '-o', 'weights.safetensors']);
    if (!site.has('weights.safetensors')) return made.complaint;
  }
  return site;
}

/**
 * Ranges of random weights say nothing, so a few tokens do, and how their codes are found changes no speed. The
 * embedding is outside, as with phones.
 */
const PIPELINE = `version: 1
params: { chunks: 3, precision: [fp16], soc: [SM8650], calibrated: 8, prefill: 0 }
precisions:
  a16w4: { extends: a16w4, methods: { w4: min-max } }
models:
  synthetic:
    weights: weights.safetensors
    calibration: ${join(REPOSITORY, 'models/rwkv7-austen/calibration.txt')}
tasks:
  export:
    uses: export-onnx
    matrix: { model: "\${{ models }}" }
    with:
      model: "\${{ models[matrix.model] }}"
      chunks: "\${{ params.chunks }}"
      prefill: "\${{ params.prefill }}"
      ext_embedding: true
  calibrate:
    uses: calibrate
    needs: [export]
    matrix: { model: "\${{ models }}" }
    with: { model: "\${{ models[matrix.model] }}", tokens: "\${{ params.calibrated }}" }
  convert:
    uses: qnn-convert
    needs: [export, calibrate]
    matrix: { model: "\${{ models }}", precision: "\${{ params.precision }}" }
    with: { model: "\${{ models[matrix.model] }}", precision: "\${{ precisions[matrix.precision] }}" }
  host-tools:
    uses: build-runtime
    with: { target: x86_64-linux, programs: [qnn-context] }
  predict:
    uses: predict-speed
    needs: [convert, host-tools]
    matrix: { model: "\${{ models }}", precision: "\${{ params.precision }}", soc: "\${{ params.soc }}" }
    with: { soc: "\${{ matrix.soc }}" }
  context:
    uses: context-cache
    needs: [convert, host-tools]
    matrix: { model: "\${{ models }}", precision: "\${{ params.precision }}", soc: "\${{ params.soc }}" }
    with: { soc: "\${{ matrix.soc }}" }
`;
