/** As `tasks/rwkv/token_sequence.py` names them. */
export const TOKENIZERS = ['auto', 'byte', 'world', 'abc', 'midi'] as const;

export type TokenizerName = (typeof TOKENIZERS)[number];

const BY_VOCABULARY: ReadonlyMap<number, Exclude<TokenizerName, 'auto'>> = new Map([
  [256, 'byte'],
  [128, 'abc'],
  [20096, 'midi'],
]);

/** What `auto` means for a model that knows so many tokens. */
export function tokenizerOfVocabulary(vocabulary: number): Exclude<TokenizerName, 'auto'> {
  return BY_VOCABULARY.get(vocabulary) ?? 'world';
}
