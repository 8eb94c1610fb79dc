/** A word that a shell can put in the place of the one that is being typed. */
export interface Candidate {
  readonly name: string;
  /** For shells that show one; may be empty. */
  readonly description: string;
}

export const plain = (names: readonly string[]): Candidate[] =>
  names.map((name) => ({ name, description: '' }));
