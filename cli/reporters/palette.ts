import { styleText } from 'node:util';

type Style = (text: string) => string;

export interface Palette {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
}

const style =
  (format: Parameters<typeof styleText>[0]): Style =>
  (text) =>
    text === '' ? '' : styleText(format, text);

const COLOURED: Palette = {
  bold: style('bold'),
  dim: style('dim'),
  red: style('red'),
  green: style('green'),
  yellow: style('yellow'),
  cyan: style('cyan'),
};

const plain: Style = (text) => text;
/** No colours at all. */
export const PLAIN: Palette = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

/** Colours for a terminal; none where NO_COLOR is set, the terminal is dumb, or it is no terminal. */
export function paletteFor(stream: NodeJS.WriteStream): Palette {
  const { NO_COLOR, TERM } = process.env;
  const wanted = stream.isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
  return wanted ? COLOURED : PLAIN;
}
