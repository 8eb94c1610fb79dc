import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PrecisionRecipe } from '../../tasks/precision-recipe.ts';
import { predictChunks } from '../../tasks/preflight/chunk-prediction.ts';
import { TOLERANCE } from '../../tasks/preflight/fitting-chunks.ts';
import { outlineOf } from '../../tasks/preflight/model-outline.ts';
import type { PreflightCase } from '../../tasks/preflight/preflight-cases.ts';
import {
  type PreflightGround,
  type PreflightRow,
  preflightRows,
} from '../../tasks/preflight/preflight-rows.ts';
import { readHeaderShapes } from '../../tasks/safetensors-header.ts';
import { completePrecisions } from '../../tasks/shipped-precisions.ts';
import { unwrap } from '../cache/unwrap.ts';
import { type HollowModel, writeHollowWeights } from '../rig/hollow-weights.ts';
import { REPOSITORY } from '../rig/project.ts';

const test = suite('a preflight');

const folder = mkdtempSync(join(tmpdir(), 'rwkv-build-preflight-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const MODELS: Readonly<Record<string, HollowModel>> = {
  'v7-1.5b': { layers: 24, width: 2048, vocabulary: 65536 },
  'v7-7b': { layers: 32, width: 4096, vocabulary: 65536 },
};
for (const [name, model] of Object.entries(MODELS)) writeHollowWeights(join(folder, name), model);
writeFileSync(join(folder, 'broken'), 'no weights at all');

const AMPLE: PreflightGround = {
  folder,
  shapesOf: readHeaderShapes,
  recorded: () => undefined,
  freeMemoryBytes: 64e9,
  freeDiskBytes: 1e12,
};

interface Asked {
  readonly weights: string;
  readonly soc?: string;
  readonly precision?: string;
  readonly chunks?: number | 'auto';
  readonly prefill?: number;
  readonly shards?: readonly string[];
}

const PRECISIONS = unwrap(await completePrecisions({}, REPOSITORY)) as unknown as Record<
  string,
  PrecisionRecipe
>;

function recipe(name: string): PrecisionRecipe {
  const found = PRECISIONS[name];
  if (found === undefined) throw new Error(`no precision ${name}`);
  return found;
}

/** A context without its embedding table, which has no library. */
function asked({
  weights,
  soc = 'SM8650',
  precision = 'fp16',
  chunks = 1,
  prefill = 0,
  shards = [],
}: Asked): PreflightCase {
  return {
    model: { name: weights, weights, shards, tokenizer: 'auto', calibration: '', evaluation: '', prompt: '' },
    ...{ precision: recipe(precision), precisions: Object.values(PRECISIONS) },
    ...{
      soc,
      chunks,
      externalEmbedding: true,
      externalHead: false,
      prefill,
      libraries: 0,
      exportTask: 'export',
    },
    cells: { export: 'export', convert: 'convert', context: 'context' },
  };
}

async function preflight(cases: readonly Asked[], ground = AMPLE): Promise<readonly PreflightRow[]> {
  const all = cases.map(asked);
  return unwrap(await preflightRows(all, all, ground));
}

async function verdict(one: Asked, ground = AMPLE): Promise<readonly (string | undefined)[]> {
  const [row] = await preflight([one], ground);
  return [row?.verdict, row?.axis, row?.nearest];
}

test('finds sizes from the shapes: two bytes a weight in fp16, one in a16w8', async () => {
  // 24 × 52.5 M and a head of 134 M.
  const weights = 24 * 52.5e6 + 134e6;
  for (const [precision, bytes] of [
    ['fp16', 2],
    ['a16w8', 1],
  ] as const) {
    const [row] = await preflight([{ weights: 'v7-1.5b', precision, chunks: 2 }]);
    const ratio = (row?.binaryBytes ?? 0) / (bytes * weights);
    assert.ok(Math.abs(ratio - 1) < 0.03, `${precision}: ${ratio}`);
  }
});

test('counts a head of its own as another context, which the last chunk is smaller by', async () => {
  const model = outlineOf((await readHeaderShapes(join(folder, 'v7-1.5b'))) ?? new Map());
  if (model === undefined) throw new Error('no outline');
  const sizes = (externalHead: boolean): readonly number[] =>
    predictChunks(model, {
      ...{ precision: recipe('fp16'), chunks: 3, externalEmbedding: true, externalHead, prefill: 0 },
    }).map(({ binaryBytes }) => binaryBytes / 1e6);
  const [inside, apart] = [sizes(false), sizes(true)];
  assert.is(apart.length, 4);
  assert.equal(apart.slice(0, 2), inside.slice(0, 2));
  assert.ok(Math.abs((inside[2] ?? 0) - (apart[2] ?? 0) - (apart[3] ?? 0)) < 1);
  assert.ok(Math.abs((apart[3] ?? 0) - (2 * 65536 * 2048) / 1e6) < 1);
});

test('agrees with contexts that were compiled at real sizes', async () => {
  const model = outlineOf((await readHeaderShapes(join(folder, 'v7-1.5b'))) ?? new Map());
  if (model === undefined) throw new Error('no outline');
  const megabytes = (precision: string, chunks: number, chunk: number): number => {
    const cut = {
      precision: recipe(precision),
      chunks,
      externalEmbedding: true,
      externalHead: false,
      prefill: 0,
    };
    return (predictChunks(model, cut)[chunk - 1]?.binaryBytes ?? 0) / 1e6;
  };
  // Random weights, for SM8650: 12 layers; 4 layers in fp16 and a16w8; 4 layers and the head.
  for (const [predicted, compiled] of [
    [megabytes('fp16', 2, 1), 1275],
    [megabytes('fp16', 6, 1), 426],
    [megabytes('a16w8', 6, 1), 213],
    [megabytes('fp16', 6, 6), 695],
  ] as const) {
    assert.ok(Math.abs(predicted / compiled - 1) < TOLERANCE, `${predicted} MB, compiled to ${compiled} MB`);
  }
});

test('counts each weight in its own form, by the rules of a recipe', async () => {
  const bytes = async (weights: PrecisionRecipe['weights']): Promise<number> => {
    const mine = { ...recipe('a16w8'), weights };
    const model = outlineOf((await readHeaderShapes(join(folder, 'v7-1.5b'))) ?? new Map());
    if (model === undefined) throw new Error('no outline');
    const cut = { precision: mine, chunks: 1, externalEmbedding: true, externalHead: false, prefill: 0 };
    return predictChunks(model, cut)[0]?.codeBytes ?? 0;
  };
  const [all, ffn, one] = [2048 * 8192, 24 * 2 * 2048 * 8192, 2048 * 8192];
  const w8 = await bytes({ '*': 'w8' });
  assert.is(w8 - (await bytes({ '*': 'w8', ffn: 'w4' })), ffn / 2);
  assert.is(w8 - (await bytes({ '*': 'w8', 'blocks.3.ffn.key': 'w4' })), one / 2);
  assert.is(w8 - (await bytes({ '*': 'w8', 'blocks.[12].ffn.k?y': 'w4' })), all);
  assert.is(await bytes({ '*': 'w4', 'att.*': 'w8', head: 'w8', ffn: 'w8' }), w8);
  const narrow = (await bytes({ '*': 'w4', 'low-rank': 'w8' })) - (await bytes({ '*': 'w4' }));
  assert.ok(narrow > 0 && narrow < 0.1 * w8, `${narrow}`);
});

test('agrees with prefills that were compiled: one copy of the weights, two while it compiles', async () => {
  writeHollowWeights(join(folder, 'v7-0.1b'), { layers: 12, width: 768, vocabulary: 65536 });
  const asked = { weights: 'v7-0.1b', chunks: 2 };
  const [without, half] = await preflight([asked, { ...asked, prefill: 16 }]);
  const within = (value: number | undefined, compiled: number, tolerance: number): void =>
    assert.ok(Math.abs((value ?? 0) / compiled - 1) < tolerance, `${value}, compiled: ${compiled}`);
  within(without?.binaryBytes, 93_814_784 + 194_961_408, TOLERANCE);
  within(half?.binaryBytes, 94_765_056 + 196_255_744, TOLERANCE);
  within(without?.memoryBytes, 1.14e9, 0.1);
  within(half?.memoryBytes, 2.19e9, 0.1);
  assert.ok((half?.seconds ?? 0) > 3 * (without?.seconds ?? 0));
});

test('looks into the shards of an index', async () => {
  const shards = ['first', 'second'];
  writeHollowWeights(join(folder, 'first'), { layers: 12, width: 2048, vocabulary: 65536 });
  writeHollowWeights(join(folder, 'second'), { layers: 24, width: 2048, vocabulary: 65536 });
  const rows = await preflight([{ weights: 'v7.index.json', shards }, { weights: 'v7-1.5b' }]);
  assert.is(rows[0]?.layers, 24);
  assert.is(rows[0]?.binaryBytes, rows[1]?.binaryBytes);
  assert.equal(await verdict({ weights: 'v8.index.json', shards: ['first', 'lost'] }), [
    'unknown',
    'model',
    undefined,
  ]);
});

test('refuses what is larger than the compiler lets a graph be, and names the nearest chunk count', async () => {
  assert.equal(await verdict({ weights: 'v7-7b', chunks: 2 }), ['refused', 'chunks', '5']);
  assert.equal(await verdict({ weights: 'v7-7b', chunks: 5 }), ['fits', undefined, undefined]);
  assert.equal(await verdict({ weights: 'v7-7b', chunks: 3 }), ['refused', 'chunks', '5']);
});

test('knows that older SoCs take 2 GiB, where newer ones take 3.5', async () => {
  assert.equal(await verdict({ weights: 'v7-1.5b', soc: 'SM8550' }), ['fits', undefined, undefined]);
  assert.equal(await verdict({ weights: 'v7-1.5b', soc: 'SM8475' }), ['refused', 'chunks', '2']);
});

test('counts the process domains of the DSP that the chunks find room in', async () => {
  const rows = await preflight([
    { weights: 'v7-1.5b', chunks: 2 },
    { weights: 'v7-7b', chunks: 5 },
    { weights: 'v7-7b', precision: 'a16w8', chunks: 5 },
  ]);
  // 2.8 GB; 14.4 GB, of which no two chunks fit together; half of that, three and two.
  assert.equal(
    rows.map(({ sessions }) => sessions),
    [1, 5, 2],
  );
});

test('names the axis that fails and what works on it, where it is not the size', async () => {
  assert.equal(await verdict({ weights: 'v7-1.5b', soc: 'SM8635' }), ['refused', 'precision', 'a16w8']);
  assert.equal(await verdict({ weights: 'v7-1.5b', chunks: 25 }), ['refused', 'chunks', '24']);
  assert.equal(await verdict({ weights: 'broken' }), ['unknown', 'model', undefined]);
  assert.equal(await verdict({ weights: 'absent' }), ['unknown', 'model', undefined]);
});

test('says what this machine lacks, with the chunk count that needs less memory', async () => {
  const small = { ...AMPLE, freeMemoryBytes: 8e9 };
  const [state, axis, nearest] = await verdict({ weights: 'v7-1.5b' }, small);
  assert.equal([state, axis], ['lacking', 'chunks']);
  assert.equal(await verdict({ weights: 'v7-1.5b', chunks: Number(nearest) }, small), [
    'fits',
    undefined,
    undefined,
  ]);
  assert.equal(await verdict({ weights: 'v7-1.5b' }, { ...AMPLE, freeDiskBytes: 1e9 }), [
    'lacking',
    'disk',
    undefined,
  ]);
});

test('takes time and memory from the last build here, where there was one', async () => {
  const recorded = { ...AMPLE, recorded: () => ({ seconds: 7, peakMemoryBytes: 3e9 }) };
  const [row] = await preflight([{ weights: 'v7-1.5b', chunks: 2 }], recorded);
  // Two chunks, each converted and compiled.
  assert.equal([row?.seconds, row?.memoryBytes, row?.measured], [28, 3e9, true]);
});

test('chooses the fewest chunks for `auto` that fit on all SoCs, in all precisions, of the pipeline', async () => {
  const chunks = async (...cases: readonly Omit<Asked, 'weights' | 'chunks'>[]): Promise<unknown> =>
    (await preflight(cases.map((one) => ({ ...one, weights: 'v7-1.5b', chunks: 'auto' })))).map(
      (row) => row.chunks,
    );
  assert.equal(await chunks({ soc: 'SM8650' }), [1]);
  assert.equal(await chunks({ soc: 'SM8650' }, { soc: 'SM8475' }), [2, 2]);
  assert.equal(await chunks({ soc: 'SM8475', precision: 'a16w8' }), [1]);
  assert.equal(await chunks({ soc: 'SM8350', precision: 'fp16' }), [1], 'what cannot be made has no say');
});

test.run();
