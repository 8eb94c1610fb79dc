import { stripVTControlCharacters } from 'node:util';
import type { ActionFinished, ArtifactPublished, BuildSummary } from '../../engine/event.ts';
import type { Failure } from '../../engine/failure.ts';
import { duration, fileSize } from './figures.ts';

export interface BuildStory {
  readonly targets: readonly string[];
  /** The actions that ran or failed, in the order in which they ended. */
  readonly actions: readonly ActionFinished[];
  readonly artifacts: readonly ArtifactPublished[];
  /** Failures that belong to no action. */
  readonly failures: readonly Failure[];
}

/** A job summary may have a megabyte; nobody reads more rows than these. */
const MOST_ROWS = 200;

/** The page that GitHub shows for a job, in Markdown: what came of it, what failed, what was built, what ran. */
export function jobSummary(story: BuildStory, summary: BuildSummary): string {
  const { targets, actions, artifacts, failures } = story;
  const failed = actions.filter(({ outcome }) => outcome === 'failed');
  const good = failed.length === 0 && failures.length === 0;
  const counts = [`${summary.ran} ran`, `${summary.cached} cached`];
  if (summary.failed > 0) counts.push(`${summary.failed} failed`);
  if (summary.skipped > 0) counts.push(`${summary.skipped} skipped`);
  const sections = [
    `### ${good ? '✅' : '❌'} rwkv-build ${targets.map(cell).join(' ')}\n\n${counts.join(', ')} in ${duration(summary.seconds)}`,
    ...failed.flatMap(({ id, failure }) => (failure === undefined ? [] : [failureSection(id, failure)])),
    ...failures.map((failure) => failureSection('', failure)),
  ];
  if (artifacts.length > 0) {
    const rows = artifacts.map(({ path, bytes, digest }) => [
      code(path),
      fileSize(bytes),
      code(digest.slice(0, 12)),
    ]);
    sections.push(markdownTable(['built', 'size', 'sha256'], rows));
  }
  if (actions.length > 0) {
    const marks = { ran: '✓', failed: '✗', cached: '', skipped: '' };
    const rows = actions.map(({ id, outcome, seconds }) => [marks[outcome], code(id), duration(seconds)]);
    sections.push(markdownTable(['', 'ran', 'time'], rows));
  }
  return `${sections.join('\n\n')}\n\n`;
}

function failureSection(id: string, failure: Failure): string {
  const { location, hint } = failure;
  const place = location === undefined ? '' : ` (${code(`${location.file}:${location.line}`)})`;
  const said = failure.kind === 'action-failed' ? failure.output : '';
  const lines = [`**${id === '' ? 'error' : cell(id)}**: ${cell(failure.message)}${place}`];
  if (said !== '') lines.push(fenced(stripVTControlCharacters(said)));
  if (hint !== undefined) lines.push(`hint: ${cell(hint)}`);
  return lines.join('\n\n');
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const more = rows.length > MOST_ROWS ? [`\nand ${rows.length - MOST_ROWS} more`] : [];
  return [line(head), line(head.map(() => '---')), ...rows.slice(0, MOST_ROWS).map(line), ...more].join('\n');
}

/** A fence that the text cannot close. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

const cell = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '\\|').replaceAll('\n', '<br>');

const code = (text: string): string => `<code>${cell(text)}</code>`;
