import type { Shapes } from '../safetensors-header.ts';

/** A weight of a linear layer, which a precision may make smaller. */
export interface LinearOutline {
  readonly name: string;
  readonly elements: number;
  /** Outputs, each with a scale and a bias of its own where it is quantised. */
  readonly channels: number;
  /** The shorter side. */
  readonly narrowest: number;
}

/** How many weights a part of a model has, by what becomes of them. */
export interface PartOutline {
  readonly linears: readonly LinearOutline[];
  /** Of tables with a row per token, which a runtime can look up outside of the graph. */
  readonly table: number;
  readonly other: number;
}

/** A model as far as its shapes tell what it will need. */
export interface ModelOutline {
  /** Width of the hidden state. */
  readonly width: number;
  readonly vocabulary: number;
  /** Width of a head, which decides how large the state is. */
  readonly headSize: number;
  /** Bytes of ones that the converter writes for each layer where a column is spread over its heads' matrices. */
  readonly spreadBytes: number;
  readonly layers: readonly PartOutline[];
  readonly embedding: PartOutline;
  readonly head: PartOutline;
}

/** Every RWKV that has been published has heads of 64; the shapes tell where it is otherwise. */
const USUAL_HEAD_SIZE = 64;
const FLOAT_BYTES = 4;

const NOTHING: PartOutline = { linears: [], table: 0, other: 0 };

/** What the tensors' shapes tell; undefined when this is no RWKV. */
export function outlineOf(shapes: Shapes): ModelOutline | undefined {
  const [vocabulary = 0, width = 0] = shapes.get('emb.weight') ?? [];
  const layers = new Map<number, PartOutline>();
  let rest = NOTHING;
  // Files list them in orders of their own.
  const byName = [...shapes].sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [name, shape] of byName) {
    const layer = /^blocks\.(\d+)\./.exec(name)?.[1];
    if (layer === undefined) rest = withTensor(rest, name, shape);
    else layers.set(Number(layer), withTensor(layers.get(Number(layer)) ?? NOTHING, name, shape));
  }
  if (vocabulary === 0 || width === 0 || layers.size === 0) return undefined;
  const inOrder = [...layers].sort(([left], [right]) => left - right).map(([, part]) => part);
  const [embedding, head] = [
    { ...NOTHING, table: rest.table },
    { ...rest, table: 0 },
  ];
  const headSize = headSizeOf(shapes);
  // Only RWKV-7's graphs spread columns; k_k is what no other has.
  const spreadBytes = shapes.has('blocks.0.att.k_k') ? width * headSize * FLOAT_BYTES : 0;
  return { width, vocabulary, headSize, spreadBytes, layers: inOrder, embedding, head };
}

/** Tables of tokens: the embedding, and v7a's deep ones. */
const TABLE = /^emb\.weight$|\.s_emb(\.weight)?$/;
/** What is folded into another tensor before there is a graph. */
const FOLDED = /\.s_emb_x\b|\.ln0\./;

/** Vectors are often stored as [1, 1, C]. What has two sides is a matrix, and all that are large are linears. */
function withTensor(part: PartOutline, name: string, shape: readonly number[]): PartOutline {
  if (FOLDED.test(name)) return part;
  const elements = shape.reduce((product, side) => product * side, 1);
  if (TABLE.test(name)) return { ...part, table: part.table + elements };
  const isMatrix = shape.filter((side) => side > 1).length >= 2;
  if (!isMatrix) return { ...part, other: part.other + elements };
  // Low-rank matrices are stored [in, out], the others [out, in].
  const channels = (name.endsWith('.weight') ? shape[0] : shape.at(-1)) ?? 0;
  const narrowest = Math.min(...shape.filter((side) => side > 1));
  return { ...part, linears: [...part.linears, { name, elements, channels, narrowest }] };
}

export const partsOf = ({ layers, embedding, head }: ModelOutline): readonly PartOutline[] => [
  embedding,
  ...layers,
  head,
];

/** All the weights of some parts. */
export function weightsOf(parts: readonly PartOutline[]): number {
  return parts.reduce(
    (sum, { linears, table, other }) =>
      sum + table + other + linears.reduce((all, { elements }) => all + elements, 0),
    0,
  );
}

function headSizeOf(shapes: Shapes): number {
  for (const name of ['r_k', 'time_faaaa', 'time_first']) {
    const shape = shapes.get(`blocks.0.att.${name}`);
    const side = shape?.at(-1) ?? 1;
    if (shape !== undefined && shape.length >= 2 && side > 1) return side;
  }
  return USUAL_HEAD_SIZE;
}
