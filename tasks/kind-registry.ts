import type { Kind } from '../engine/kind.ts';
import { benchmark } from './benchmark/task.ts';
import { buildRuntime } from './build-runtime/task.ts';
import { calibrate } from './calibrate/task.ts';
import { contextCache } from './context-cache/task.ts';
import { exportOnnx } from './export-onnx/task.ts';
import { fidelity } from './fidelity/task.ts';
import { modelLibCompile } from './model-lib-compile/task.ts';
import { pack } from './pack/task.ts';
import { predictSpeed } from './predict-speed/task.ts';
import type { ChooseChunks } from './preflight/auto-chunks.ts';
import { pushToDevice } from './push-to-device/task.ts';
import { qnnConvert } from './qnn-convert/task.ts';
import { explainFailure } from './qnn-errors/explain-failure.ts';
import { referenceLogits } from './reference-logits/task.ts';
import type { ChooseDevice } from './selected-device.ts';

/**
 * Every kind, in the order of the way of data. A new kind is a folder beside these and a line here. What their
 * commands fail with is explained by one table, unless a kind knows better.
 */
export function registeredKinds(
  packageRoot: string,
  chooseDevice: ChooseDevice,
  chooseChunks: ChooseChunks,
): ReadonlyMap<string, Kind> {
  const kinds = [
    exportOnnx(chooseChunks),
    calibrate,
    referenceLogits,
    qnnConvert,
    modelLibCompile,
    buildRuntime(packageRoot),
    contextCache,
    pack,
    predictSpeed,
    pushToDevice(chooseDevice),
    benchmark(chooseDevice),
    fidelity,
  ];
  return new Map(kinds.map((kind) => [kind.name, { explain: explainFailure, ...kind }]));
}
