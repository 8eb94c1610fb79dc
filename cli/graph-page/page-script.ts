/** The script of the page that `graph --format html` writes: runs in a browser, needs no network. */
import { type Drawing, drawLink, drawView } from './page-drawing.ts';
import { html, svg } from './page-element.ts';
import {
  actionView,
  data,
  nodes,
  STATE_ORDER,
  STATES,
  type State,
  taskView,
  type View,
} from './page-model.ts';
import { actionPanel, taskPanel } from './page-panel.ts';
import { Viewport } from './page-viewport.ts';

/** With more actions than this one starts with the tasks. */
const ACTIONS_AT_FIRST = 400;

type ViewName = 'actions' | 'tasks';

class Page {
  private readonly views: Readonly<Partial<Record<ViewName, View>>>;
  private readonly content = svg('g');
  private readonly frame: SVGSVGElement;
  private readonly panel = html('aside', { hidden: true });
  private readonly search = html('input', {
    type: 'search',
    placeholder: 'Search actions, files ( / )',
  });
  private readonly found = html('span', { class: 'found' });
  private readonly toggles = new Map<ViewName, HTMLButtonElement>();
  private readonly hidden = new Set<State>();
  private readonly viewport: Viewport;
  private name: ViewName;
  private drawing: Drawing | undefined;
  private chosen = '';

  constructor() {
    const { actions, tasks } = data;
    this.views = {
      tasks: taskView(tasks),
      ...(actions === undefined ? {} : { actions: actionView(actions) }),
    };
    this.name = actions !== undefined && nodes.size <= ACTIONS_AT_FIRST ? 'actions' : 'tasks';
    const arrow = svg(
      'marker',
      { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
      svg('path', { d: 'M0 0L8 4L0 8z' }),
    );
    this.frame = svg('svg', { class: 'frame' }, svg('defs', {}, arrow), this.content);
    this.viewport = new Viewport(this.frame, this.content);
    document.body.append(this.header(), html('main', {}, this.frame, this.panel));
    this.listen();
    const asked = decodeURIComponent(location.hash.slice(1));
    this.show(this.name);
    this.openLinked(asked);
  }

  /** A link to the page can name a view, an action or a task after its `#`. */
  private openLinked(asked: string): void {
    if (asked === 'actions' || asked === 'tasks') this.show(asked);
    else if (nodes.has(asked)) {
      this.show('actions');
      this.choose(asked);
      this.fit();
    } else if (data.tasks.boxes.some(({ id }) => id === asked)) this.choose(asked);
  }

  private header(): HTMLElement {
    const { pipeline, targets } = data.document;
    const views = (['actions', 'tasks'] as const).map((name) => {
      const button = html('button', { disabled: this.views[name] === undefined }, name);
      button.addEventListener('click', () => this.show(name));
      this.toggles.set(name, button);
      return button;
    });
    const tool = (label: string, title: string, act: () => void): HTMLElement => {
      const button = html('button', { title }, label);
      button.addEventListener('click', act);
      return button;
    };
    return html(
      'header',
      {},
      html('h1', {}, targets.join(', '), html('small', {}, pipeline)),
      html('div', { class: 'legend' }, ...STATE_ORDER.map((state) => this.legendItem(state))),
      html('div', { class: 'search' }, this.search, this.found),
      html('div', { class: 'buttons' }, ...views),
      html(
        'div',
        { class: 'buttons' },
        tool('−', 'smaller', () => this.viewport.zoom(1 / 1.3)),
        tool('fit', 'show everything (f)', () => this.fit()),
        tool('+', 'larger', () => this.viewport.zoom(1.3)),
      ),
    );
  }

  private legendItem(state: State): HTMLElement {
    const count = [...nodes.values()].filter((node) => node.state === state).length;
    const { label } = STATES[state];
    const button = html(
      'button',
      { title: 'show or dim these', disabled: count === 0 },
      html('span', { class: `dot ${state}` }),
      `${label} `,
      html('b', {}, String(count)),
    );
    button.addEventListener('click', () => {
      if (!this.hidden.delete(state)) this.hidden.add(state);
      button.classList.toggle('off', this.hidden.has(state));
      this.dim();
    });
    return button;
  }

  private listen(): void {
    this.search.addEventListener('input', () => this.dim());
    this.search.addEventListener('keydown', (event) => {
      const [first] = this.matches();
      if (event.key === 'Enter' && first !== undefined) this.choose(first);
    });
    this.frame.addEventListener('click', () => {
      if (!this.viewport.dragged) this.choose('');
    });
    window.addEventListener('resize', () => this.fit());
    window.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        this.search.value = '';
        this.search.blur();
        this.choose('');
      }
      if (document.activeElement === this.search) return;
      if (event.key === '/') {
        event.preventDefault();
        this.search.focus();
      }
      if (event.key === 'f') this.fit();
    });
  }

  private show(name: ViewName): void {
    const view = this.views[name];
    if (view === undefined) return;
    this.name = name;
    for (const [one, button] of this.toggles) button.classList.toggle('on', one === name);
    this.drawing = drawView(view, (id) => this.choose(id));
    this.content.replaceChildren(this.drawing.root);
    this.choose('');
    this.fit();
  }

  private fit(): void {
    const view = this.views[this.name];
    if (view !== undefined) this.viewport.fit(view.width, view.height);
  }

  /** An action or a task; one that this view does not show only fills the panel. */
  private choose(id: string): void {
    this.chosen = id;
    history.replaceState(undefined, '', `#${encodeURIComponent(id === '' ? this.name : id)}`);
    const go = (next: string): void => {
      this.choose(next);
      const box = this.views[this.name]?.boxes.find((one) => one.id === next);
      if (box !== undefined) this.viewport.centre(box.x, box.y);
    };
    const node =
      this.name === 'tasks' && data.tasks.boxes.some((box) => box.id === id) ? undefined : nodes.get(id);
    const close = html('button', { class: 'close', title: 'close (Esc)' }, '×');
    close.addEventListener('click', () => this.choose(''));
    this.panel.hidden = id === '';
    this.panel.replaceChildren(close, ...(node === undefined ? taskPanel(id, go) : actionPanel(node, go)));
    this.panel.scrollTop = 0;
    this.dim();
  }

  /** Ids of this view whose id, task or files hold the text. */
  private matches(): readonly string[] {
    const text = this.search.value.trim().toLowerCase();
    const boxes = this.views[this.name]?.boxes ?? [];
    if (text === '') return boxes.map(({ id }) => id);
    const hits = [...nodes.values()].filter(
      ({ id, inputs, outputs, fingerprint }) =>
        id.toLowerCase().includes(text) ||
        (text.length > 5 && fingerprint.startsWith(text)) ||
        [...inputs, ...outputs].some(({ path }) => path.toLowerCase().includes(text)),
    );
    const wanted = new Set(hits.map(({ id, task }) => (this.name === 'actions' ? id : task)));
    return boxes.map(({ id }) => id).filter((id) => wanted.has(id));
  }

  /** Leaves bright what is searched for, shown by the legend, and connected with what is chosen. */
  private dim(): void {
    const { drawing } = this;
    if (drawing === undefined) return;
    const matches = new Set(this.matches());
    this.found.textContent = this.search.value === '' ? '' : String(matches.size);
    const chosen = drawing.boxes.has(this.chosen) ? this.chosen : '';
    const connected = chosen === '' ? undefined : this.connected(chosen);
    const states = new Map(this.views[this.name]?.boxes.map(({ id, state }) => [id, state]));
    const bright = (id: string): boolean => {
      const state = states.get(id);
      if (state !== undefined && this.hidden.has(state)) return false;
      return matches.has(id) && (connected === undefined || connected.has(id));
    };
    for (const [id, group] of drawing.boxes) {
      group.classList.toggle('dim', !bright(id));
      group.classList.toggle('chosen', id === chosen);
    }
    const framed = (this.views[this.name]?.frames.length ?? 0) > 0;
    for (const { from, to, path } of drawing.edges) {
      const on = framed ? connected === undefined : bright(from) && bright(to);
      path.classList.toggle('dim', !on);
      path.classList.toggle('lit', on && connected !== undefined);
    }
    if (framed) drawing.extra.replaceChildren(...(connected === undefined ? [] : this.linksOf(bright)));
  }

  /** The edges between the boxes that are bright: between frames, all of them together would be a thicket. */
  private linksOf(bright: (id: string) => boolean): readonly SVGPathElement[] {
    const { boxes = [], links = [] } = this.views[this.name] ?? {};
    const byId = new Map(boxes.map((box) => [box.id, box]));
    return links.flatMap(({ from, to }) => {
      const [start, end] = [byId.get(from), byId.get(to)];
      if (start === undefined || end === undefined || !bright(from) || !bright(to)) return [];
      const path = drawLink(start, end);
      path.classList.add('lit');
      return [path];
    });
  }

  /** Everything before and everything after. */
  private connected(id: string): ReadonlySet<string> {
    const edges = this.views[this.name]?.links ?? [];
    const reached = new Set([id]);
    for (const [near, far] of [
      ['to', 'from'],
      ['from', 'to'],
    ] as const) {
      const next = new Map<string, string[]>();
      for (const edge of edges) next.set(edge[near], [...(next.get(edge[near]) ?? []), edge[far]]);
      const rest = [id];
      const seen = new Set(rest);
      for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
        reached.add(one);
        for (const other of next.get(one) ?? []) {
          if (seen.has(other)) continue;
          seen.add(other);
          rest.push(other);
        }
      }
    }
    return reached;
  }
}

new Page();
