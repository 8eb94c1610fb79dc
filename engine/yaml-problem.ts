import type { YAMLError } from 'yaml';

interface Problem {
  readonly message: string;
  readonly hint?: string;
}

/**
 * A YAML error in words that say what to do. What isn't in the list keeps the library's own words, which are
 * about YAML and true.
 */
export function yamlProblem(error: YAMLError, text: string): Problem {
  const [start, end] = error.pos;
  const shown = text.slice(start, end).split('\n', 1)[0]?.trim() ?? '';
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return {
        message: `the key \`${keyAt(text, start)}\` is there twice`,
        hint: 'Remove one, or rename it.',
      };
    case 'TAB_AS_INDENT':
      return { message: 'a tab stands where YAML takes only spaces', hint: 'Indent with spaces.' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'a second document begins here (`---`)',
        hint: 'A pipeline file holds one document.',
      };
    case 'TAG_RESOLVE_FAILED':
      return { message: `the tag \`${shown}\` means nothing here`, hint: 'Write the value without a tag.' };
    case 'NON_STRING_KEY':
      return { message: 'a key must be plain text, not a list, a map or an alias' };
    case 'BAD_SCALAR_START':
      return { message: error.message, hint: 'Put the text into quotes.' };
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return {
        message: `not valid YAML: ${lowerFirst(error.message)}`,
        hint: 'A text that holds `: ` needs quotes; a key needs its own line.',
      };
    default:
      return { message: `not valid YAML: ${lowerFirst(error.message)}` };
  }
}

function keyAt(text: string, offset: number): string {
  return (
    /^(?:"([^"\n]*)"|'([^'\n]*)'|([^:\n]*?)\s*(?=:|\n|$))/.exec(text.slice(offset))?.slice(1).find(Boolean) ??
    ''
  );
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
