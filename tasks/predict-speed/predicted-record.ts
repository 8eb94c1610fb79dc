/** What the cost model says of one call of a graph, in all chunks together. */
export interface PredictedCall {
  readonly graph: string;
  readonly tokens: number;
  readonly microseconds: { readonly value: number; readonly low: number; readonly high: number };
  readonly tokens_per_second: number;
  readonly filled_bytes: number;
  readonly spilled_bytes: number;
  /** The least that a call has to read. */
  readonly weight_bytes: number;
  /** Operations that the figures leave out. */
  readonly unpriced_ops: readonly string[];
  /** What each chunk has in it. */
  readonly chunks: readonly {
    readonly microseconds: number;
    readonly filled_bytes: number;
    readonly weight_bytes: number;
  }[];
}

/** What `add_costs.py` writes. */
export interface PredictedRecord {
  readonly format: 1;
  readonly model: string;
  readonly precision: string;
  readonly soc: string;
  /** The SoC whose cost model this is. */
  readonly proxy: string;
  readonly calls: readonly PredictedCall[];
}
