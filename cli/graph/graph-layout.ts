import { Graph, layout } from '@dagrejs/dagre';

/** A box with its middle, in pixels at full size. */
export interface PlacedBox {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly edges: readonly PlacedEdge[];
  /** Frames around the boxes of each task. The edges are then those of the frames. */
  readonly frames?: readonly PlacedBox[];
}

export interface Sized {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Link {
  readonly from: string;
  readonly to: string;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Layers from left to right: what is made first stands left of what needs it. */
export function layeredLayout(boxes: readonly Sized[], edges: readonly Link[]): Layout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, edgesep: 8, ranksep: 72, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  const placed = new Map(
    boxes.map(({ id, width, height }): [string, PlacedBox] => {
      const { x, y } = graph.node(id) as { x: number; y: number };
      return [id, { id, x: round(x), y: round(y), width, height }];
    }),
  );
  return {
    width: round(size.width ?? 0),
    height: round(size.height ?? 0),
    boxes: [...placed.values()],
    edges: edges.map((edge) => {
      const { points } = graph.edge(edge.from, edge.to) as { points: readonly { x: number; y: number }[] };
      return { ...edge, points: sideToSide(points, placed.get(edge.from), placed.get(edge.to)) };
    }),
  };
}

/** dagre lets a line touch a box anywhere; from left to right it reads better from side to side. */
function sideToSide(
  points: readonly { x: number; y: number }[],
  from: PlacedBox | undefined,
  to: PlacedBox | undefined,
): PlacedEdge['points'] {
  if (from === undefined || to === undefined) return [];
  const start = from.x + from.width / 2;
  const end = to.x - to.width / 2;
  const between = points.slice(1, -1).filter(({ x }) => x > start && x < end);
  return [[start, from.y], ...between.map(({ x, y }) => [round(x), round(y)] as const), [end, to.y]];
}

const GAP = 5;
const PADDING = 10;
const HEADER = 30;
/** How much wider than high a frame should be. */
const ASPECT = 1.25;

/**
 * A frame a task with its actions in columns: hundreds of boxes in layers would be a strip that is as high as
 * the widest task has actions.
 */
export function framedLayout(tasks: ReadonlyMap<string, readonly Sized[]>, edges: readonly Link[]): Layout {
  const grids = new Map([...tasks].map(([task, boxes]) => [task, gridOf(boxes)]));
  const frames = [...grids].map(([id, { width, height }]) => ({ id, width, height }));
  const outer = layeredLayout(frames, edges);
  const boxes = outer.boxes.flatMap((frame) => {
    const left = frame.x - frame.width / 2;
    const top = frame.y - frame.height / 2;
    const inside = grids.get(frame.id)?.boxes ?? [];
    return inside.map((box) => ({ ...box, x: round(left + box.x), y: round(top + box.y) }));
  });
  return { ...outer, boxes, frames: outer.boxes };
}

function gridOf(boxes: readonly Sized[]): {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
} {
  const wide = Math.max(...boxes.map(({ width }) => width));
  const high = Math.max(...boxes.map(({ height }) => height));
  const [stepX, stepY] = [wide + GAP, high + GAP];
  const columns = Math.max(1, Math.round(Math.sqrt((boxes.length * stepY * ASPECT) / stepX)));
  const rows = Math.ceil(boxes.length / columns);
  return {
    width: Math.ceil(boxes.length / rows) * stepX - GAP + 2 * PADDING,
    height: rows * stepY - GAP + PADDING + HEADER,
    boxes: boxes.map(({ id }, index) => ({
      id,
      width: wide,
      height: high,
      x: PADDING + Math.floor(index / rows) * stepX + wide / 2,
      y: HEADER + (index % rows) * stepY + high / 2,
    })),
  };
}
