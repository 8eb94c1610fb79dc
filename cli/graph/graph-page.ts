import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';
import type { GraphDocument } from './graph-document.ts';
import { framedLayout, type Layout, type Link, layeredLayout, type Sized } from './graph-layout.ts';

/** What the script of the page gets: the graph, and where everything stands. */
export interface PageData {
  readonly document: GraphDocument;
  /** A box an action; absent when there are too many to look at. */
  readonly actions?: Layout;
  /** A box a task. */
  readonly tasks: Layout;
}

const BOX = { width: 196, height: 46 };

/** With more actions than this, each task's stand in a frame instead of in layers. */
const LAYERED_ACTIONS = 60;

/** Laying out more takes longer than anybody waits, and nobody finds anything in it. */
const DRAWN_ACTIONS = 3000;

/** A page that needs nothing but itself: `npm run build` has made its script and style. */
export async function graphPage(document: GraphDocument): Promise<string> {
  const folder = join(packageRoot(), 'dist');
  const [script, style] = await Promise.all([
    readFile(join(folder, 'graph-page.js'), 'utf8'),
    readFile(join(folder, 'graph-page.css'), 'utf8'),
  ]);
  const { nodes, targets } = document;
  const data: PageData = {
    document,
    ...(nodes.length > DRAWN_ACTIONS ? {} : { actions: actionLayout(document) }),
    tasks: layeredLayout(
      [...new Set(nodes.map(({ task }) => task))].map((id) => ({ id, ...BOX })),
      taskLinks(document),
    ),
  };
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(`${document.pipeline} · ${targets.join(', ')}`)}</title>
<style>${style}</style>
<body>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

function actionLayout(document: GraphDocument): Layout {
  const { nodes, edges } = document;
  if (nodes.length <= LAYERED_ACTIONS) {
    return layeredLayout(
      nodes.map(({ id }) => ({ id, ...BOX })),
      edges,
    );
  }
  const tasks = new Map<string, Sized[]>();
  for (const { id, task } of nodes) {
    // As wide as its text; the name of the task stands on the frame.
    const characters = id.slice(task.length + 1).replaceAll('/', ' · ').length;
    const width = Math.min(300, Math.max(110, 6.3 * characters + 40));
    const box = { id, width, height: 24 };
    const others = tasks.get(task);
    if (others === undefined) tasks.set(task, [box]);
    else others.push(box);
  }
  return framedLayout(tasks, taskLinks(document));
}

function taskLinks({ nodes, edges }: GraphDocument): readonly Link[] {
  const taskOf = new Map(nodes.map(({ id, task }) => [id, task]));
  const pairs = new Map<string, Link>();
  for (const edge of edges) {
    const [from, to] = [taskOf.get(edge.from), taskOf.get(edge.to)];
    if (from !== undefined && to !== undefined && from !== to) pairs.set(`${from}\n${to}`, { from, to });
  }
  return [...pairs.values()];
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
