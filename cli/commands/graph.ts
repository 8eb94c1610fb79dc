import { resolve } from 'node:path';
import { writeAtomically } from '../../cache/atomic-write.ts';
import type { BuildOptions } from '../build-options.ts';
import { EXIT } from '../exit-code.ts';
import { graphDocument } from '../graph/graph-document.ts';
import { dot, mermaid } from '../graph/graph-text.ts';
import { openWorkbench } from '../workbench.ts';
import { failUsage, silentEmit } from './command-failure.ts';
import { planTargets } from './plan.ts';

export type GraphFormat = 'mermaid' | 'dot' | 'json' | 'html';

/** Prints the graph of actions for another program to draw, or as a page; into a file where one is named. */
export async function graph(
  targets: readonly string[],
  format: GraphFormat,
  output: string | undefined,
  options: BuildOptions,
): Promise<number> {
  const text = await graphText(targets, format, options);
  if (typeof text === 'number') return text;
  if (output === undefined) {
    process.stdout.write(text);
    return EXIT.ok;
  }
  const path = resolve(output);
  const written = await writeAtomically(path, text);
  if (!written.ok) return failUsage([written.failure], options);
  process.stderr.write(`wrote ${path}\n`);
  return EXIT.ok;
}

/** The text, or the exit code of a failure that has been reported. */
async function graphText(
  targets: readonly string[],
  format: GraphFormat,
  options: BuildOptions,
): Promise<string | number> {
  if (format === 'mermaid' || format === 'dot') {
    // The shape alone: nothing has to be hashed for it.
    const opened = await openWorkbench(targets, options, silentEmit);
    if (!opened.ok) return failUsage(opened.failure, options);
    return `${format === 'dot' ? dot(opened.value.graph) : mermaid(opened.value.graph)}\n`;
  }
  const planned = await planTargets(targets, options);
  if (typeof planned === 'number') return planned;
  const document = graphDocument(planned);
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  const { graphPage } = await import('../graph/graph-page.ts');
  return graphPage(document);
}
