import type { Change, ManifestPart } from './explanation.ts';
import { differingLines } from './script-difference.ts';

/** The words around a difference: between two times, or between two actions. */
export interface Wording {
  changed(before: string, after: string): string;
  readonly added: string;
  readonly removed: string;
  /** Of an input with another content. */
  readonly input: string;
}

export const SINCE_LAST: Wording = {
  changed: (before, after) => `was ${before}, is ${after}`,
  added: 'is new',
  removed: 'is gone',
  input: 'changed',
};

export const BETWEEN_TWO: Wording = {
  changed: (before, after) => `is ${before} in the first, ${after} in the second`,
  added: 'is in the second alone',
  removed: 'is in the first alone',
  input: 'differs',
};

/** Lines of a changed script, and files of one group, that are shown one by one. */
const SHOWN_LINES = 12;
const SHOWN_FILES = 3;
/** The longest value that is shown whole. */
const SHOWN_CHARACTERS = 60;
const SHOWN_CAUSES = 3;

/** Changes as lines; what belongs to the line above is indented by two spaces for each step. */
export function changeLines(changes: readonly Change[], wording: Wording = SINCE_LAST): readonly string[] {
  const inputs = changes.filter(({ about }) => about === 'input');
  const others = changes.filter(({ about }) => about !== 'input');
  return [...others.flatMap((change) => factLines(change, wording)), ...inputLines(inputs, wording)];
}

/** The same in one line, without details: for a reporter's line about an action that starts. */
export function changeSummary(changes: readonly Change[]): string {
  return changeLines(changes)
    .filter((line) => !/^ *[-+…] /.test(line))
    .map((line) => line.trim())
    .join('; ');
}

const TITLES: Readonly<Record<ManifestPart, string>> = {
  argument: 'argument',
  environment: 'environment variable',
  tool: 'tool',
  property: 'property',
  input: 'input',
  output: 'output',
};

function factLines(change: Change, wording: Wording): readonly string[] {
  const { about, name, before, after, parameter } = change;
  const from = parameter === undefined ? '' : ` (parameter \`${parameter}\`)`;
  if (about === 'argument' && name === 'order') return ['the order of its arguments changed'];
  if (about === 'argument' && name === 'script' && before !== undefined && after !== undefined) {
    const lines = differingLines(before, after);
    const more = lines.length > SHOWN_LINES ? [`… and ${lines.length - SHOWN_LINES} more lines`] : [];
    const shown = [...lines.slice(0, SHOWN_LINES), ...more].map((line) => `  ${line}`);
    return [`its script ${wording.input}${from}`, ...shown];
  }
  const title = `${TITLES[about]} ${name}`;
  if (before === undefined) {
    return [
      `${title} ${wording.added}${after === '' || about === 'output' ? '' : `: ${quoted(after ?? '')}`}${from}`,
    ];
  }
  if (after === undefined) return [`${title} ${wording.removed}`];
  const [old, fresh] = shortened(before, after);
  return [`${title} ${wording.changed(quoted(old), quoted(fresh))}${from}`];
}

const quoted = (text: string): string => (text === '' ? 'empty' : `\`${text.replaceAll('\n', '⏎')}\``);

/** Long values around the first place where they differ. */
function shortened(before: string, after: string): readonly [string, string] {
  if (before.length <= SHOWN_CHARACTERS && after.length <= SHOWN_CHARACTERS) return [before, after];
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  const start = Math.max(0, same - 20);
  const cut = (text: string): string => {
    const end = start + SHOWN_CHARACTERS;
    return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
  };
  return [cut(before), cut(after)];
}

/** Inputs of one source together: an output folder or rwkv-build itself may be hundreds of files. */
function inputLines(inputs: readonly Change[], wording: Wording): readonly string[] {
  const groups = new Map<string, Change[]>();
  for (const change of inputs) {
    const group = `${sourceOf(change)} ${verb(change, wording)}`;
    groups.set(group, [...(groups.get(group) ?? []), change]);
  }
  return [...groups.values()].flatMap((group) => groupLines(group, wording));
}

const OWN = 'rwkv-build itself: ';

function sourceOf({ action, origin = '' }: Change): string {
  if (action !== undefined) return action;
  return origin.startsWith(OWN) ? OWN : '';
}

function verb({ before, after }: Change, wording: Wording): string {
  if (before === undefined) return wording.added;
  if (after === undefined) return wording.removed;
  if (after === `${before} executable`) return 'has become executable';
  if (before === `${after} executable`) return 'is executable no longer';
  return wording.input;
}

function groupLines(group: readonly Change[], wording: Wording): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { action, because, origin = '' } = first;
  const own = origin.startsWith(OWN);
  const names = group.map(({ name, origin: from = '' }) => (own ? from.slice(OWN.length) : name));
  const more = names.length > SHOWN_FILES ? ` and ${names.length - SHOWN_FILES} more` : '';
  const words = `${names.slice(0, SHOWN_FILES).join(', ')}${more} ${verb(first, wording)}`;
  if (own) return [`rwkv-build itself: ${words}`];
  if (action === undefined) return [`${group.length === 1 ? 'input' : 'inputs'} ${words}`];
  return [`input ${words}: made by \`${action}\`${causeTail(because)}`, ...causeLines(because, wording)];
}

function causeTail(because: readonly Change[] | undefined): string {
  if (because === undefined) return '';
  return because.length === 0 ? ', which gave something else when it ran again' : ', for which';
}

function causeLines(because: readonly Change[] | undefined, wording: Wording): readonly string[] {
  const lines = changeLines(because ?? [], wording);
  const top = lines.filter((line) => !line.startsWith(' ')).length;
  if (top <= SHOWN_CAUSES) return lines.map((line) => `  ${line}`);
  const shown: string[] = [];
  let count = 0;
  for (const line of lines) {
    if (!line.startsWith(' ')) count += 1;
    if (count <= SHOWN_CAUSES) shown.push(`  ${line}`);
  }
  return [...shown, `  … and ${top - SHOWN_CAUSES} more`];
}
