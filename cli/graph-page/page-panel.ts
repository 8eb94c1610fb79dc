import type { DocumentNode } from '../graph/graph-document.ts';
import { duration, fileSize } from '../reporters/figures.ts';
import { html } from './page-element.ts';
import { cellOf, data, nodes, nodesOfTask, STATES } from './page-model.ts';

/** Lists longer than this are folded. */
const SHOWN_ROWS = 12;

/** What is known of one action: its state, why, and everything in its fingerprint. */
export function actionPanel(node: DocumentNode, choose: (id: string) => void): readonly Node[] {
  const { state, reasons, failure, fingerprint, lastSeconds, lastStart, partsFrom } = node;
  const before = data.document.edges.filter(({ to }) => to === node.id).map(({ from }) => from);
  const after = data.document.edges.filter(({ from }) => from === node.id).map(({ to }) => to);
  return [
    html('h2', {}, node.task),
    html('p', { class: 'cell' }, cellOf(node)),
    html('p', {}, html('span', { class: `chip ${state}` }, `${STATES[state].mark} ${STATES[state].label}`)),
    failure === undefined ? html('span') : html('p', { class: 'failure' }, failure),
    ...(reasons.length === 0 ? [] : [html('pre', { class: 'reasons' }, reasons.join('\n'))]),
    facts([
      ['last duration', lastSeconds === undefined ? 'never ran here' : duration(lastSeconds)],
      ['last started', lastStart === undefined ? '' : new Date(lastStart).toLocaleString()],
      ['fingerprint', fingerprint === '' ? 'known after others have run' : fingerprint],
    ]),
    ...(partsFrom === 'last result'
      ? [
          html(
            'p',
            { class: 'note' },
            'What follows is of the last result: what a build would use is known only after others have run.',
          ),
        ]
      : []),
    section('Command', node.command.length, commandText(node.command)),
    section(
      'Inputs',
      node.inputs.length,
      rows(
        node.inputs.map((file) =>
          fileRow(file.path, file.sha256, file.origin === file.path ? '' : file.origin),
        ),
      ),
    ),
    section(
      'Outputs',
      node.outputs.length,
      rows(
        node.outputs.map(({ path, type, sha256 = '', bytes: size }) =>
          fileRow(type === 'directory' ? `${path}/` : path, sha256, size === undefined ? '' : fileSize(size)),
        ),
      ),
    ),
    section('Tools', Object.keys(node.tools).length, facts(Object.entries(node.tools))),
    section('Properties', Object.keys(node.properties).length, facts(Object.entries(node.properties))),
    section('Environment', Object.keys(node.environment).length, facts(Object.entries(node.environment))),
    section('Needs', before.length, links(before, choose)),
    section('Needed by', after.length, links(after, choose)),
  ];
}

/** The actions of a task, what needs attention first. */
export function taskPanel(task: string, choose: (id: string) => void): readonly Node[] {
  const own = nodesOfTask.get(task) ?? [];
  const order = Object.keys(STATES);
  const sorted = [...own].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const total = own.reduce((sum, { lastSeconds }) => sum + (lastSeconds ?? 0), 0);
  return [
    html('h2', {}, task),
    html(
      'p',
      { class: 'cell' },
      `${own.length} ${own.length === 1 ? 'action' : 'actions'}, ${duration(total)} of work the last time`,
    ),
    links(
      sorted.map(({ id }) => id),
      choose,
      Number.POSITIVE_INFINITY,
    ),
  ];
}

function section(title: string, count: number, body: Node): Node {
  if (count === 0) return html('span');
  return html(
    'section',
    {},
    html('h3', {}, title, count > 1 && title !== 'Command' ? html('small', {}, String(count)) : undefined),
    body,
  );
}

function commandText(command: readonly string[]): Node {
  const script = command.length === 4 && command[2] === '-c' ? command[3] : undefined;
  return html('pre', {}, script ?? command.map(quoted).join(' '));
}

const quoted = (text: string): string =>
  /^[\w@%+=:,./{}-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function facts(entries: readonly (readonly [string, string])[]): Node {
  const shown = entries.filter(([, value]) => value !== '');
  return html('dl', {}, ...shown.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]));
}

function fileRow(path: string, sha256: string, note: string): HTMLElement {
  return html(
    'li',
    { title: sha256 },
    html('span', { class: 'path' }, path),
    html('code', {}, sha256.slice(0, 10)),
    note === '' ? undefined : html('span', { class: 'origin' }, note),
  );
}

function rows(items: readonly HTMLElement[], shown = SHOWN_ROWS): Node {
  if (items.length <= shown) return html('ul', {}, ...items);
  const rest = html(
    'details',
    {},
    html('summary', {}, `${items.length - shown} more`),
    html('ul', {}, ...items.slice(shown)),
  );
  return html('div', {}, html('ul', {}, ...items.slice(0, shown)), rest);
}

function links(ids: readonly string[], choose: (id: string) => void, shown = SHOWN_ROWS): Node {
  const items = ids.map((id) => {
    const node = nodes.get(id);
    const button = html('button', { class: 'link' }, id);
    button.addEventListener('click', () => choose(id));
    const dot = html('span', { class: `dot ${node?.state ?? ''}` });
    const took =
      node?.lastSeconds === undefined
        ? undefined
        : html('span', { class: 'origin' }, duration(node.lastSeconds));
    return html('li', { class: 'linked' }, dot, button, took);
  });
  return rows(items, shown);
}
