import { stripVTControlCharacters } from 'node:util';
import { isWide } from '../../engine/source-excerpt.ts';
import type { Remaining } from '../../engine/time-left.ts';
import { duration } from './figures.ts';

export interface RunningAction {
  readonly id: string;
  readonly seconds: number;
  /** The last line that it wrote; empty before the first. */
  readonly said: string;
}

export interface LiveState {
  readonly finished: number;
  readonly total: number;
  readonly seconds: number;
  readonly remaining: Remaining | undefined;
  readonly running: readonly RunningAction[];
  /** What is being made ready, in words; empty when nothing is. */
  readonly tool: string;
}

/** More commands than this say nothing more, however high the terminal is. */
const MOST_LINES = 10;

/** What stands below everything else while a build runs, cut to the terminal; nothing when nothing runs. */
export function liveLines(state: LiveState, columns: number, rows: number): string[] {
  const { running, tool } = state;
  if (running.length === 0 && tool === '') return [];
  const width = Math.max(1, columns - 1);
  const room = Math.max(0, Math.min(MOST_LINES, rows - 2));
  const details = running.map(({ id, seconds, said }) => {
    const head = `  ${id} ${duration(seconds)}`;
    return said === '' ? head : `${head} · ${said}`;
  });
  if (tool !== '') details.unshift(`  ${tool}`);
  const hidden = details.length - room;
  const shown = hidden > 0 ? details.slice(0, Math.max(0, room - 1)) : details;
  if (hidden > 0 && room > 0) shown.push(`  and ${details.length - shown.length} more`);
  return [headLine(state), ...shown].map((line) => fit(line, width));
}

function headLine({ finished, total, seconds, remaining, running }: LiveState): string {
  const parts = [`[${finished}/${total}] ${running.length} running`, duration(seconds)];
  // An estimate under a second is over before it is read.
  if (remaining !== undefined && remaining.seconds >= 1) {
    const words = duration(Math.round(remaining.seconds)).replace(/\.0 s$/, ' s');
    parts.push(`${remaining.atLeast ? 'over' : 'about'} ${words} left`);
  }
  return parts.join(' · ');
}

/** The text in at most this many columns, without anything that moves the cursor. */
export function fit(text: string, width: number): string {
  const plain = stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ');
  if (textWidth(plain) <= width) return plain;
  let cut = '';
  let used = 1;
  for (const character of plain) {
    used += textWidth(character);
    if (used > width) break;
    cut += character;
  }
  return `${cut}…`;
}

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += isWide(character) ? 2 : 1;
  return width;
}
