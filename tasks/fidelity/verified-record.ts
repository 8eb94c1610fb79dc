/** How far a layer, or a tensor in one, is from what it should be. */
export interface Departure {
  readonly name: string;
  /** ‖found − true‖ / ‖true‖; null where something is no number. */
  readonly error: number | null;
}

/** What was found of one stage. */
export interface VerifiedStage {
  readonly stage: 'onnx' | 'lowered' | 'emulator' | 'device';
  readonly kl_mean: number | null;
  readonly kl_max: number | null;
  readonly top1_agreement: number;
  readonly perplexity: number | null;
  /** Within the bound of divergence, and for the fp32 graph no layer that departs. */
  readonly within: boolean;
  /** The first place beyond the bound. */
  readonly departs: Departure | null;
  /** Where the residual stream was probed. */
  readonly layers?: readonly Departure[];
  /** Where one layer was probed. */
  readonly tensors?: readonly Departure[];
}

/** What `compare_stages.py` writes. */
export interface VerifiedRecord {
  readonly format: 1;
  readonly model: string;
  readonly precision: string;
  readonly soc: string;
  readonly probe: string;
  readonly tokens: number;
  readonly verified: boolean;
  readonly bounds: { readonly kl: number; readonly layer: number; readonly float: number };
  readonly reference: { readonly perplexity: number };
  readonly stages: readonly VerifiedStage[];
  /** SHA-256 of what was compared, by file name. */
  readonly compared: Readonly<Record<string, string>>;
}
