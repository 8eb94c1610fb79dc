import type { FailedRun, FailureExplanation } from '../../engine/kind.ts';
import { ERROR_TABLE, type ErrorEntry } from './error-table.ts';

/** How QNN, its log, ONNX Runtime and our programs write an error's number. */
const CODES = [
  /\bQNN error (\d+)/g,
  /\b[Ee]rror code:? (\d+)/g,
  /\berr(?:or)?[:=]? ?(?:= )?(\d{4,5})\b/g,
  /\berr(?:or)? 0x([0-9a-f]+)/g,
];

const PATTERNS = new Map(ERROR_TABLE.map(({ name, log }) => [name, new RegExp(log ?? '')]));

/** An entry of the table with the groups of its pattern filled in. */
export interface ExplainedError extends FailureExplanation {
  readonly name: string;
}

/** What the table says of a text that a program wrote. */
export function explainText(text: string): ExplainedError | undefined {
  const codes = codesIn(text);
  for (const entry of ERROR_TABLE) {
    if (entry.codes?.some((code) => codes.has(code)) === false) continue;
    const found = PATTERNS.get(entry.name)?.exec(text);
    if (found !== null && found !== undefined) return filled(entry, found, text);
  }
  return undefined;
}

/** `Kind.explain` of every kind: what their commands meet is QNN's compiler, its runtime, or a linker. */
export function explainFailure({ ended, said }: FailedRun): FailureExplanation | undefined {
  return explainText(`${said}\n${ended}`);
}

function filled(entry: ErrorEntry, groups: RegExpExecArray, text: string): ExplainedError {
  const { name, cause, hint, parameters, operation } = entry;
  const fill = (words: string): string =>
    words.replace(/\{(\d)\}/g, (_, index) => groups[Number(index)] ?? '');
  const [, at] = (operation === undefined ? null : new RegExp(operation).exec(text)) ?? [];
  const message = at === undefined ? fill(cause) : `${fill(cause)} (operation \`${at}\`)`;
  return { name, message, hint: fill(hint), parameters };
}

function codesIn(text: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const pattern of CODES) {
    const base = pattern.source.includes('0x') ? 16 : 10;
    for (const [, digits = ''] of text.matchAll(pattern)) found.add(Number.parseInt(digits, base));
  }
  return found;
}
