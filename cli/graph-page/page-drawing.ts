import { svg } from './page-element.ts';
import { type Box, STATE_ORDER, STATES, type View } from './page-model.ts';

/** Pixels a character of the two sizes takes, on average. */
const TITLE_PIXELS = 7.6;
const SUBTITLE_PIXELS = 6.2;
/** A box that is lower than this has one line of text. */
const ONE_LINE_HEIGHT = 30;

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly path: SVGPathElement;
}

export interface Drawing {
  readonly root: SVGGElement;
  readonly boxes: ReadonlyMap<string, SVGGElement>;
  readonly edges: readonly DrawnEdge[];
  /** Room for edges that are drawn only while something is chosen. */
  readonly extra: SVGGElement;
}

export function drawView(view: View, choose: (id: string) => void): Drawing {
  const edges = view.edges.map(({ from, to, points }) => ({ from, to, path: drawEdge(points) }));
  const boxes = new Map(view.boxes.map((box) => [box.id, drawBox(box, choose)]));
  const extra = svg('g', { class: 'extra' });
  const frames = view.frames.map(({ id, x, y, width, height }) =>
    svg(
      'g',
      { class: 'task', transform: `translate(${x - width / 2} ${y - height / 2})` },
      svg('rect', { width, height, rx: 10 }),
      svg('text', { x: 12, y: 20 }, id),
    ),
  );
  const paths = svg('g', {}, ...edges.map(({ path }) => path));
  const root = svg('g', {}, paths, svg('g', {}, ...frames), svg('g', {}, ...boxes.values()), extra);
  return { root, boxes, edges, extra };
}

/** A line from the right side of one box to the left side of another. */
export function drawLink(from: Box, to: Box): SVGPathElement {
  return drawEdge([
    [from.x + from.width / 2, from.y],
    [to.x - to.width / 2, to.y],
  ]);
}

function drawEdge(points: readonly (readonly [number, number])[]): SVGPathElement {
  return svg('path', { class: 'edge', d: curve(points), 'marker-end': 'url(#arrow)' });
}

/** A line that leaves and arrives level. */
function curve(points: readonly (readonly [number, number])[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let [x, y] = first;
  let path = `M${x} ${y}`;
  for (const [nextX, nextY] of rest) {
    const middle = (x + nextX) / 2;
    path += `C${middle} ${y} ${middle} ${nextY} ${nextX} ${nextY}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}

function drawBox(box: Box, choose: (id: string) => void): SVGGElement {
  const { id, state, counts, requested, x, y, width, height } = box;
  const small = height < ONE_LINE_HEIGHT;
  const group = svg(
    'g',
    {
      class: `box ${state}${requested ? ' requested' : ''}${small ? ' small' : ''}`,
      transform: `translate(${x - width / 2} ${y - height / 2})`,
      tabindex: 0,
      role: 'button',
      'aria-label': `${id}: ${STATES[state].label}`,
    },
    svg('title', {}, `${id}: ${STATES[state].label}`),
    svg('rect', { class: 'card', width, height, rx: small ? 5 : 7 }),
    ...(counts === undefined
      ? [svg('rect', { class: 'side', width: 5, height: height - 2, x: 1, y: 1, rx: 3 })]
      : shares(box, counts)),
    ...(small ? oneLine(box) : twoLines(box)),
  );
  group.addEventListener('click', (event) => {
    event.stopPropagation();
    choose(id);
  });
  group.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') choose(id);
  });
  return group;
}

function oneLine({ subtitle, state, width }: Box): readonly SVGElement[] {
  return [
    svg('text', { class: 'subtitle', x: 13, y: 16 }, cut(subtitle, (width - 34) / SUBTITLE_PIXELS)),
    svg('text', { class: 'mark', x: width - 8, y: 16, 'text-anchor': 'end' }, STATES[state].mark),
  ];
}

function twoLines({ title, subtitle, state, width }: Box): readonly SVGElement[] {
  return [
    svg(
      'text',
      { class: 'title', x: 15, y: subtitle === '' ? 28 : 20 },
      cut(title, (width - 36) / TITLE_PIXELS),
    ),
    svg('text', { class: 'subtitle', x: 15, y: 36 }, cut(subtitle, (width - 24) / SUBTITLE_PIXELS)),
    svg('text', { class: 'mark', x: width - 12, y: 20, 'text-anchor': 'end' }, STATES[state].mark),
  ];
}

/** A task's actions as a bar: how many are in which state. */
function shares({ width, height }: Box, counts: NonNullable<Box['counts']>): readonly SVGElement[] {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const room = width - 30;
  let x = 15;
  return STATE_ORDER.flatMap((state) => {
    const share = (room * (counts.get(state) ?? 0)) / Math.max(1, total);
    const bar = svg('rect', { class: `share ${state}`, x, y: height - 6, width: share, height: 3 });
    x += share;
    return share > 0 ? [bar] : [];
  });
}

/** The beginning and the end of a text: both tell names apart. */
function cut(text: string, room: number): string {
  const characters = Math.max(3, Math.floor(room));
  if (text.length <= characters) return text;
  const head = Math.ceil((characters - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (characters - 1 - head))}`;
}
