import type { DeviceReceipt } from '../push-to-device/device-receipt.ts';

/** What `qnn-context` says of a context, as far as the benchmark looks at it. */
export interface ContextReport {
  readonly graphs: readonly {
    readonly name: string;
    readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  }[];
}

/** How a model's predictions on a text compare with those of the fp32 reference. */
export interface Evaluation {
  readonly tokens: number;
  readonly perplexity: number;
  readonly reference_perplexity: number;
  /** Mean over the tokens of KL(reference ‖ device), in nats. */
  readonly kl_mean: number;
  readonly kl_max: number;
  /** The share of tokens for which both find the same next token likeliest, 0 to 1. */
  readonly top1_agreement: number;
  /** How what comes out after blocks of tokens compares with what comes out after steps; only with prefill graphs. */
  readonly prefill?: {
    readonly block_tokens: number;
    readonly compared: number;
    readonly kl_mean: number;
    readonly kl_max: number;
    readonly top1_agreement: number;
    /** Mean of KL(reference ‖ blocks). */
    readonly reference_kl_mean: number;
  };
  /** How what sequences get at once compares with what each gets alone; only with graphs for several. */
  readonly batch?: {
    readonly sequences: number;
    readonly compared: number;
    readonly kl_mean: number;
    readonly kl_max: number;
    readonly top1_agreement: number;
  };
}

/** What `rwkv-run generate --json` writes. */
export interface GenerationResult {
  readonly prompt: string;
  readonly text: string;
  readonly tokens: number;
  readonly seconds_to_first_token: number;
  readonly prefill_tokens_per_second: number;
  /** How many tokens the prefill graphs read at once, and how many of the prompt's went through them. */
  readonly prefill_tokens: number;
  readonly block_tokens: number;
  readonly generation_tokens_per_second: number;
}

/** What `rwkv-run eval --json` writes. */
export interface EvaluationResult {
  readonly evaluation: Evaluation;
}

/** One of the rows that `rwkv-run bench --output json` writes. */
export interface BenchRow {
  readonly context_bytes: number;
  /** `pp64`, `tg32`. */
  readonly test: string;
  readonly prompt_tokens: number;
  readonly generated_tokens: number;
  /** Of each repetition. */
  readonly seconds: readonly number[];
}

type Measured = Omit<GenerationResult, 'prompt' | 'text' | 'tokens'>;

/** The result file of a benchmark: what the model wrote, how right it was, on what. */
export interface BenchmarkResult {
  readonly format: 1;
  readonly model: string;
  readonly precision: string;
  /** The SoC that the contexts were built for. */
  readonly soc: string;
  /** It ran on the emulator: texts and accuracy count, times say nothing about a phone. */
  readonly emulated: boolean;
  readonly prompt: string;
  readonly text: string;
  readonly tokens: number;
  readonly evaluation: Evaluation;
  /** Repeated tests of speed; only of a measurement with a name. */
  readonly speeds?: readonly BenchRow[];
  /** Times on a device. */
  readonly measured?: Measured;
  /** Times on the emulator, which are of this machine. */
  readonly emulation?: Measured;
  readonly device: {
    readonly kind: string;
    readonly serial: string;
    readonly soc: string;
    readonly model: string;
    readonly operating_system: string;
    readonly target: string;
  };
  readonly files: DeviceReceipt['files'];
}
