import type { Value } from '../engine/kind.ts';

/** The JSON schema of `with: probe:`. */
export const PROBE_PARAMETER_SCHEMA = {
  type: ['string', 'integer'],
  description:
    'What can be looked at inside of the model: `layers`, what stands in the residual stream after each; or the number of a layer, counted from 0, of which everything can.',
} as const;

/** What a cell's `with:` says to probe: the residual stream, unless it names a layer. */
export const probeParameter = (parameters: Readonly<Record<string, Value>>): string =>
  String(parameters.probe ?? 'layers');
