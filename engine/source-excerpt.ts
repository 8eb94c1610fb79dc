import type { SourceLocation } from './failure.ts';

/**
 * The place in the user's file as a person sees it, in three lines:
 *
 *     rwkv.pipeline.yaml:7:5
 *     taks:
 *     ~~~~
 */
export function excerpt(location: SourceLocation): string {
  return [`${location.file}:${location.line}:${location.column}`, ...underlined(location)].join('\n');
}

/** A long line is cut to what surrounds the place. */
const WIDEST = 110;
const BEFORE = 40;

function underlined({ excerpt: line, column, length }: SourceLocation): [string, string] {
  const characters = [...line];
  const start = Math.min(column - 1, characters.length);
  const from =
    characters.length <= WIDEST ? 0 : Math.max(0, Math.min(start - BEFORE, characters.length - WIDEST));
  const shown = characters.slice(from, from + WIDEST);
  const width = Math.max(1, Math.min(length, shown.length - (start - from)));
  const indent = shown.slice(0, start - from).map(blank);
  return [shown.join(''), `${indent.join('')}${width === 1 ? '^' : '~'.repeat(width)}`];
}

/** Characters that take two columns: Chinese, Japanese and Korean writing, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

export const isWide = (character: string): boolean => WIDE.test(character);

/** As wide as the character is, so that the mark stands below its text, whatever a terminal makes of tabs. */
function blank(character: string): string {
  if (character === '\t') return '\t';
  return isWide(character) ? '\u3000' : ' ';
}
