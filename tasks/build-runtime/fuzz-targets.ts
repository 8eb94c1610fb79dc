/** What `npm run fuzz` feeds: a source in `runtime-native/fuzz` each, with its seeds beside it. */
export const FUZZ_TARGETS = [
  'tokenizer',
  'model-pack',
  'saved-state',
  'context-metadata',
  'literals',
] as const;
