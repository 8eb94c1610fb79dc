/** What a precision needs of the stages and of the SoC. */
export interface Precision {
  /** Whether converting needs activation encodings. */
  readonly quantised: boolean;
  /** Whether its graphs have float operations, which an HTP without fp16 refuses. */
  readonly needsFp16: boolean;
}

export const PRECISIONS = {
  fp16: { quantised: false, needsFp16: true },
  a16w8: { quantised: true, needsFp16: true },
  'a16w8-int': { quantised: true, needsFp16: false },
} as const satisfies Record<string, Precision>;
