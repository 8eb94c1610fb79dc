export interface NamedArgument {
  /** `--chunks`, `script`, `2` for the second that no option names. Each name stands once. */
  readonly name: string;
  readonly value: string;
}

const SHELLS = /^(\/usr)?(\/bin\/)?(ba|da)?sh$/;

/**
 * A command's arguments by the option before them. A flag that a positional argument follows is taken for
 * that one's option: for an explanation that is close enough.
 */
export function namedArguments(command: readonly string[]): readonly NamedArgument[] {
  const named = new Map<string, string>();
  const add = (name: string, value: string): void => {
    let unique = name;
    for (let nth = 2; named.has(unique); nth += 1) unique = `${name} (${nth})`;
    named.set(unique, value);
  };
  let positional = 0;
  for (let index = 0; index < command.length; index += 1) {
    const text = command[index] ?? '';
    const next = command[index + 1];
    const equals = text.indexOf('=');
    if (text === '-c' && next !== undefined && SHELLS.test(command[0] ?? '')) {
      add('script', next);
      index += 1;
    } else if (!isOption(text)) {
      add(index === 0 ? 'program' : String(++positional), text);
    } else if (equals > 0) {
      add(text.slice(0, equals), text.slice(equals + 1));
    } else if (next !== undefined && !isOption(next)) {
      add(text, next);
      index += 1;
    } else {
      add(text, '');
    }
  }
  return [...named].map(([name, value]) => ({ name, value }));
}

/** A negative number is a value. */
const isOption = (text: string): boolean => /^--?[A-Za-z]/.test(text);
