import type { HistoryEntry, Identity } from './action-history.ts';
import { type Change, manifestChanges } from './explanation.ts';

export interface CauseContext {
  /** An action as it is now, where that is known. */
  present(id: string): Identity | undefined;
  /** What an action gave under an earlier fingerprint, where that is remembered. */
  past(id: string, fingerprint: string): HistoryEntry | undefined;
  /** The values of the parameters that an action uses, as text, by name. */
  parameters(id: string): ReadonlyMap<string, string>;
}

/** A cause of a cause of … is told this far back. */
const DEPTH = 6;

/**
 * What changed for an action since a result of it: the difference of the manifests, and for each input that
 * another action made, what had changed for that one in turn.
 */
export function explainChanges(
  id: string,
  before: HistoryEntry,
  now: Identity,
  context: CauseContext,
  depth: number = DEPTH,
): readonly Change[] {
  const causes = new Map<string, readonly Change[] | undefined>();
  const causeOf = (source: string): readonly Change[] | undefined => {
    if (!causes.has(source)) causes.set(source, sourceChanges(source, before, context, depth));
    return causes.get(source);
  };
  const parameters = context.parameters(id);
  return manifestChanges(before.manifest, now.manifest).map((change) => {
    if (change.about !== 'input') return withParameter(change, parameters);
    const action = sourceOf(change, [...Object.keys(now.sources), ...Object.keys(before.sources)]);
    if (action === undefined) return change;
    const because = change.before === undefined || change.after === undefined ? undefined : causeOf(action);
    return { ...change, action, ...(because === undefined ? {} : { because }) };
  });
}

function sourceChanges(
  source: string,
  before: HistoryEntry,
  context: CauseContext,
  depth: number,
): readonly Change[] | undefined {
  const now = context.present(source);
  const fingerprint = before.sources[source];
  if (depth === 0 || now === undefined || fingerprint === undefined) return undefined;
  if (now.fingerprint === fingerprint) return [];
  const past = context.past(source, fingerprint);
  return past === undefined ? undefined : explainChanges(source, past, now, context, depth - 1);
}

/** The action that an input comes from, by the start of its origin. */
function sourceOf({ origin = '' }: Change, ids: readonly string[]): string | undefined {
  return ids.find((id) => origin.startsWith(`${id}: `));
}

/**
 * Names the parameter that a new value is, if just one has that value. In a script a parameter is a part of a
 * line; there it is the one whose value stands in the new text and did not in the old.
 */
function withParameter(change: Change, parameters: ReadonlyMap<string, string>): Change {
  const { before, after } = change;
  if (after === undefined) return change;
  const found = [...parameters].filter(([, value]) =>
    change.name === 'script'
      ? hasWord(after, value) && before !== undefined && !hasWord(before, value)
      : after === value,
  );
  const [only] = found;
  return found.length === 1 && only !== undefined ? { ...change, parameter: only[0] } : change;
}

/** Whether a value stands in a text and is no part of a longer word. */
function hasWord(text: string, value: string): boolean {
  if (value === '') return false;
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + value.length] ?? ' '}`;
    if (!/[\p{L}\p{N}_]/u.test(around)) return true;
  }
  return false;
}
