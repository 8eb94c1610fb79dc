import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

export interface HollowModel {
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
}

/**
 * A `.safetensors` file with the header of an RWKV-7 of this size, and a hole where the weights would be: what
 * looks at shapes alone takes it for real.
 */
export function writeHollowWeights(path: string, { layers, width, vocabulary }: HollowModel): void {
  const shapes: [string, readonly number[]][] = [
    ['emb.weight', [vocabulary, width]],
    ['ln_out.weight', [width]],
    ['ln_out.bias', [width]],
    ['head.weight', [vocabulary, width]],
  ];
  for (let layer = 0; layer < layers; layer += 1) shapes.push(...layerShapes(`blocks.${layer}.`, width));
  let offset = 0;
  const header: Record<string, object> = {};
  for (const [name, shape] of shapes) {
    const end = offset + 2 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, text]));
  ftruncateSync(file, 8 + text.length + offset);
  closeSync(file);
}

const HEAD_SIZE = 64;

/** The low ranks are those of the published models of a width of 2048. */
function layerShapes(block: string, width: number): readonly [string, readonly number[]][] {
  const att = `${block}att.`;
  const square = ['receptance', 'key', 'value', 'output'].map((name): [string, number[]] => [
    `${att}${name}.weight`,
    [width, width],
  ]);
  const low = Object.entries({ w: 96, a: 96, v: 64, g: 256 }).flatMap(
    ([letter, rank]): [string, number[]][] => [
      [`${att}${letter}1`, [width, rank]],
      [`${att}${letter}2`, [rank, width]],
    ],
  );
  const vectors = ['ln1.weight', 'ln1.bias', 'ln2.weight', 'ln2.bias', 'att.ln_x.weight', 'att.ln_x.bias'];
  return [
    ...vectors.map((name): [string, number[]] => [`${block}${name}`, [width]]),
    ...square,
    ...low,
    [`${att}r_k`, [width / HEAD_SIZE, HEAD_SIZE]],
    [`${block}ffn.key.weight`, [4 * width, width]],
    [`${block}ffn.value.weight`, [width, 4 * width]],
  ];
}
