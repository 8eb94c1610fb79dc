import type { ActionGraph } from '../../engine/action-graph.ts';

/** Mermaid's flowchart; nodes have numbers, because ids hold characters that it reads as syntax. */
export function mermaid({ actions, requested }: ActionGraph): string {
  const numbers = new Map([...actions.keys()].map((id, index) => [id, `n${index}`]));
  const lines = ['flowchart LR'];
  for (const [id, number] of numbers) lines.push(`  ${number}["${id.replaceAll('"', '#quot;')}"]`);
  for (const action of actions.values()) {
    for (const dependency of action.dependencies)
      lines.push(`  ${numbers.get(dependency)} --> ${numbers.get(action.id)}`);
  }
  const asked = [...requested].map((id) => numbers.get(id));
  if (asked.length > 0)
    lines.push('  classDef requested stroke-width:3px', `  class ${asked.join(',')} requested`);
  return lines.join('\n');
}

export function dot({ actions, requested }: ActionGraph): string {
  const lines = ['digraph pipeline {', '  rankdir=LR', '  node [shape=box fontname="sans-serif"]'];
  for (const action of actions.values()) {
    const bold = requested.has(action.id) ? ' [style=bold]' : '';
    lines.push(`  ${JSON.stringify(action.id)}${bold}`);
    for (const dependency of action.dependencies) {
      lines.push(`  ${JSON.stringify(dependency)} -> ${JSON.stringify(action.id)}`);
    }
  }
  return [...lines, '}'].join('\n');
}
