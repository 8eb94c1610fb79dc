import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { GraphDocument } from '../../cli/graph/graph-document.ts';
import { Project } from '../rig/project.ts';

const test = suite<{ project: Project }>('the command graph');

const PIPELINE = `
version: 1
params: { cells: [a, b, c] }
tasks:
  source: { run: cp text.txt source.txt, inputs: [text.txt], outputs: [source.txt] }
  cell:
    matrix: { name: "\${{ params.cells }}" }
    run: |
      # </script><b>not markup</b>
      cat source.txt > \${{ matrix.name }}.txt
    inputs: [source.txt]
    outputs: ["\${{ matrix.name }}.txt"]
  broken: { run: "exit 1", inputs: [source.txt], outputs: [never.txt] }
`;

test.before.each(async (context) => {
  context.project = new Project({ 'rwkv.pipeline.yaml': PIPELINE, 'text.txt': 'x' });
  await context.project.build(['source', 'cell']);
});
test.after.each(({ project }) => project.remove());

async function documentOf(project: Project, ...targets: string[]): Promise<GraphDocument> {
  const { code, stdout, stderr } = await project.run(['graph', ...targets, '--format', 'json']);
  assert.is(code, 0, stderr);
  return JSON.parse(stdout) as GraphDocument;
}

test('gives nodes with state, duration, fingerprint and its parts, and edges', async ({ project }) => {
  const { nodes, edges } = await documentOf(project, 'cell');
  assert.equal(
    nodes.map(({ id, state, requested }) => [id, state, requested]),
    [
      ['source', 'cached', false],
      ['cell/a', 'cached', true],
      ['cell/b', 'cached', true],
      ['cell/c', 'cached', true],
    ],
  );
  assert.equal(edges[0], { from: 'source', to: 'cell/a' });
  const [, cell] = nodes;
  assert.match(cell?.fingerprint ?? '', /^[0-9a-f]{64}$/);
  assert.is.not(cell?.lastSeconds, undefined);
  assert.is(cell?.inputs[0]?.origin, 'source: source.txt');
  assert.is(cell?.inputs[0]?.sha256, cell?.outputs[0]?.sha256, 'a copy');
  assert.is(cell?.environment.TZ, 'UTC');
});

test('tells what will run, may run, and failed the last time', async ({ project }) => {
  await project.build(['broken']);
  project.write('text.txt', 'y');
  const { nodes } = await documentOf(project, 'cell', 'broken');
  const states = Object.fromEntries(nodes.map(({ id, state }) => [id, state]));
  assert.equal(states, {
    source: 'run',
    'cell/a': 'may-run',
    'cell/b': 'may-run',
    'cell/c': 'may-run',
    broken: 'failed',
  });
  const waiting = nodes.find(({ id }) => id === 'cell/a');
  assert.equal([waiting?.fingerprint, waiting?.partsFrom], ['', 'last result']);
  assert.match(nodes.find(({ id }) => id === 'broken')?.failure ?? '', 'exit code 1');
});

test('writes a page that asks nothing of the network, and says where', async ({ project }) => {
  const { code, stdout, stderr } = await project.run([
    ...['graph', 'cell', '--format', 'html', '--output', 'deep/graph.html'],
  ]);
  assert.is(code, 0, stderr);
  assert.is(stdout, '');
  assert.match(stderr, `wrote ${join(project.folder, 'deep/graph.html')}`);
  const page = project.read('deep/graph.html');
  const addresses = page.match(/https?:\/\/[^\s"'`)]+/g) ?? [];
  assert.equal(
    [...new Set(addresses)],
    ['http://www.w3.org/2000/svg'],
    'a name of SVG, which nobody fetches',
  );
  assert.not.match(page, /<(link|img|iframe|script src)/);
  const data = /id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  assert.is(JSON.parse(data).document.nodes.length, 4, 'the pipeline’s own </script> ends nothing');
});

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));

/** The page as a browser has made it. */
function rendered(project: Project, file: string, hash: string): string {
  const url = `file://${join(project.folder, file)}#${encodeURIComponent(hash)}`;
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=2000', '--dump-dom'];
  return execFileSync(CHROMIUM ?? '', [...options, url], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  });
}

test('draws a box an action in a browser, and shows the parts of the one that is chosen', async ({
  project,
}) => {
  if (CHROMIUM === undefined) return console.log('skipped: no Chromium on this machine');
  await project.run(['graph', 'cell', '--format', 'html', '-o', 'graph.html']);
  const page = rendered(project, 'graph.html', 'cell/b');
  assert.is(page.match(/class="box cached/g)?.length, 4);
  assert.match(page, /class="box cached[^"]*chosen" [^>]*aria-label="cell\/b: up to date"/);
  assert.match(page, 'source: source.txt');
  assert.match(page, '&lt;b&gt;not markup&lt;/b&gt;');
  assert.is(page.match(/class="box cached[^"]*dim"/g)?.length, 2, 'what has nothing to do with it is dim');
});

test('puts hundreds of actions into a frame a task', async ({ project }) => {
  const names = Array.from({ length: 300 }, (_, index) => `n${index}`).join(',');
  const { code } = await project.run([
    ...['graph', 'cell', '--set', `cells=${names}`, '--format', 'html', '-o', 'graph.html'],
  ]);
  assert.is(code, 0);
  const data = /id="data">(.*?)<\/script>/s.exec(project.read('graph.html'))?.[1] ?? '';
  const { actions } = JSON.parse(data) as { actions: { width: number; height: number; boxes: unknown[] } };
  assert.is(actions.boxes.length, 301);
  assert.ok(actions.height < 2 * actions.width, 'no strip that nobody can look at');
  if (CHROMIUM === undefined) return console.log('skipped: no Chromium on this machine');
  assert.is(rendered(project, 'graph.html', 'actions').match(/class="box /g)?.length, 301);
});

test.run();
