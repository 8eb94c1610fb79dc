import type { DocumentNode } from '../graph/graph-document.ts';
import type { Layout, Link, PlacedBox } from '../graph/graph-layout.ts';
import type { PageData } from '../graph/graph-page.ts';
import { duration } from '../reporters/figures.ts';

export type State = DocumentNode['state'];

export const STATES: Readonly<Record<State, { readonly label: string; readonly mark: string }>> = {
  failed: { label: 'failed last time', mark: '✗' },
  run: { label: 'will run', mark: '▶' },
  'may-run': { label: 'may run', mark: '?' },
  cached: { label: 'up to date', mark: '✓' },
};

/** In this order a task's worst comes first. */
export const STATE_ORDER = Object.keys(STATES) as readonly State[];

/** A box that is drawn: an action, or a task with its actions. */
export interface Box extends PlacedBox {
  readonly title: string;
  readonly subtitle: string;
  readonly state: State;
  /** Of a task: how many of its actions are in each state. */
  readonly counts?: ReadonlyMap<State, number>;
  readonly requested: boolean;
}

export interface View {
  readonly boxes: readonly Box[];
  readonly edges: Layout['edges'];
  /** Between boxes, also where the edges that are drawn are those of frames. */
  readonly links: readonly Link[];
  readonly frames: readonly PlacedBox[];
  readonly width: number;
  readonly height: number;
}

export const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;
export const nodes: ReadonlyMap<string, DocumentNode> = new Map(
  data.document.nodes.map((node) => [node.id, node]),
);
export const nodesOfTask: ReadonlyMap<string, readonly DocumentNode[]> = grouped(data.document.nodes);

function grouped(all: readonly DocumentNode[]): ReadonlyMap<string, readonly DocumentNode[]> {
  const found = new Map<string, DocumentNode[]>();
  for (const node of all) {
    const ofTask = found.get(node.task);
    if (ofTask === undefined) found.set(node.task, [node]);
    else ofTask.push(node);
  }
  return found;
}

/** The part of an action's id after its task. */
export const cellOf = ({ id, task }: DocumentNode): string =>
  id === task ? '' : id.slice(task.length + 1).replaceAll('/', ' · ');

export function actionView(layout: Layout): View {
  const boxes = layout.boxes.flatMap((placed) => {
    const node = nodes.get(placed.id);
    if (node === undefined) return [];
    const { task, state, requested, lastSeconds } = node;
    const took = lastSeconds === undefined ? '' : duration(lastSeconds);
    return [{ ...placed, title: task, subtitle: cellOf(node) || took, state, requested }];
  });
  return { ...layout, boxes, links: data.document.edges, frames: layout.frames ?? [] };
}

export function taskView(layout: Layout): View {
  const boxes = layout.boxes.map((placed) => {
    const { id } = placed;
    const own = nodesOfTask.get(id) ?? [];
    const counts = new Map<State, number>();
    for (const { state } of own) counts.set(state, (counts.get(state) ?? 0) + 1);
    const state = STATE_ORDER.find((one) => counts.has(one)) ?? 'cached';
    const subtitle = `${own.length} ${own.length === 1 ? 'action' : 'actions'}`;
    const requested = own.some((node) => node.requested);
    return { ...placed, title: id, subtitle, state, counts, requested };
  });
  return { ...layout, boxes, links: layout.edges, frames: [] };
}
