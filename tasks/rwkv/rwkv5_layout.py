"""RWKV-5.1 and 5.2: the figures of a checkpoint from its shapes, and what is stored of each layer.

5.1 has one decay and one bonus a head, 5.2 one for each channel; both are stored for each channel, so that
reference and graph need not know. `att.decay` is exp(-exp(time_decay)), `att.decay_exponent` its logarithm;
`att.time_faaaa` is what `time_first`
is the logarithm of in checkpoints that have that. Other stored names are the checkpoint's. Some matrices are
divided by powers of two, see `half_range`.
"""

from __future__ import annotations

import numpy as np

from rwkv.checkpoint_figures import (
    GROUP_NORM_EPS,
    LAYER_NORM_EPS,
    count_layers,
    matrix,
    require_heads,
)
from rwkv.half_range import KEY_DIVISOR, VALUE_DIVISOR, WKV_DIVISOR, layers_per_halving, stream_divisor
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.tensor_plan import PlannedTensor, copied, divided
from rwkv.tuned_state import has_tuned_state, plan_key_value_state
from rwkv.weight_file import WeightFile

MIXES = "rkvg"
# A decay of e^-100 is 0 in fp32, and sums of such exponents stay far within fp16.
LEAST_EXPONENT = np.float32(-100)


def read_figures(weights: WeightFile, group_norm_eps: float | None) -> ModelConfig:
    """The configuration that the shapes tell. `group_norm_eps` None means 64e-5; some want 1e-5."""
    vocab, embd = matrix(weights, "emb.weight")
    decays = weights.shape("blocks.0.att.time_decay")
    heads = decays[0] if decays else 0
    # One decay a head tells how many heads there are, one for each channel how large they are, too.
    head_size = decays[1] if len(decays) == 2 and decays[1] > 1 else embd // max(heads, 1)
    require_heads(weights, "blocks.0.att.time_decay", heads, head_size, embd)
    return ModelConfig(
        arch="rwkv5",
        layers=count_layers(weights),
        embd=embd,
        heads=heads,
        head_size=head_size,
        ffn=matrix(weights, "blocks.0.ffn.key.weight")[0],
        vocab=vocab,
        ranks={},
        layer_norm_eps=LAYER_NORM_EPS,
        group_norm_eps=GROUP_NORM_EPS if group_norm_eps is None else group_norm_eps,
        layers_per_halving=layers_per_halving(vocab),
        wkv_divisor=WKV_DIVISOR,
        tuned_state=has_tuned_state(weights),
    )


def plan_block(weights: WeightFile, config: ModelConfig, layer: int) -> list[PlannedTensor]:
    """The stored tensors of one layer, in the order in which they lie in its file."""
    block, c, f = f"blocks.{layer}.", config.embd, config.ffn
    att, ffn = f"{block}att.", f"{block}ffn."
    to_stream = stream_divisor(config, layer)
    plan = [copied(f"{block}{norm}.{part}", (c,)) for norm in ("ln1", "ln2") for part in ("weight", "bias")]
    plan += [copied(f"{att}time_mix_{letter}", (c,)) for letter in MIXES]
    plan += [*plan_decay(weights, config, att), plan_bonus(weights, config, att)]
    plan += [copied(f"{att}{name}.weight", (c, c)) for name in ("receptance", "gate")]
    plan.append(divided(f"{att}key.weight", (c, c), KEY_DIVISOR))
    plan.append(divided(f"{att}value.weight", (c, c), VALUE_DIVISOR))
    plan.append(divided(f"{att}output.weight", (c, c), to_stream))
    plan += [copied(f"{att}ln_x.{part}", (c,)) for part in ("weight", "bias")]
    plan += [copied(f"{ffn}time_mix_{letter}", (c,)) for letter in "kr"]
    plan += [copied(f"{ffn}key.weight", (f, c)), copied(f"{ffn}receptance.weight", (c, c))]
    plan.append(divided(f"{ffn}value.weight", (c, f), to_stream))
    return plan + plan_key_value_state(config, layer)


def plan_decay(weights: WeightFile, config: ModelConfig, att: str) -> list[PlannedTensor]:
    """exp(-exp(time_decay)) for each channel, [H, N], and its logarithm."""

    def exponents(tensor: Float32Array) -> Float32Array:
        return per_channel(config, np.maximum(-np.exp(tensor), LEAST_EXPONENT))

    def decays(tensor: Float32Array) -> Float32Array:
        return per_channel(config, np.exp(-np.exp(tensor.astype(np.float64))).astype(np.float32))

    source, shape = f"{att}time_decay", (config.heads, config.head_size)
    found = head_shape(weights, config, source)
    return [
        PlannedTensor(f"{att}decay", shape, source, found, decays),
        PlannedTensor(f"{att}decay_exponent", shape, source, found, exponents),
    ]


def plan_bonus(weights: WeightFile, config: ModelConfig, att: str) -> PlannedTensor:
    """How much more the current token counts, for each channel, [H, N]."""

    def as_it_is(tensor: Float32Array) -> Float32Array:
        return per_channel(config, tensor)

    def from_logarithm(tensor: Float32Array) -> Float32Array:
        return per_channel(config, np.exp(tensor))

    name, shape = f"{att}time_faaaa", (config.heads, config.head_size)
    if f"{att}time_first" in weights.names():
        source = f"{att}time_first"
        return PlannedTensor(name, shape, source, head_shape(weights, config, source), from_logarithm)
    return PlannedTensor(name, shape, name, head_shape(weights, config, name), as_it_is)


def head_shape(weights: WeightFile, config: ModelConfig, name: str) -> tuple[int, ...]:
    """The shape that a tensor of the heads must have: one value a head, or one for each channel."""
    once = ((config.heads,), (config.heads, 1))
    shape = weights.shape(name)
    return shape if shape in once else (config.heads, config.head_size)


def per_channel(config: ModelConfig, tensor: Float32Array) -> Float32Array:
    """[H], [H, 1] or [H, N] -> [H, N]."""
    column_or_more = tensor.reshape(config.heads, -1)
    return np.broadcast_to(column_or_more, (config.heads, config.head_size))
