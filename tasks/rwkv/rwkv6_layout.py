"""RWKV-6: the figures of a checkpoint from its shapes, and what the weights folder stores of each layer.

Stored names are the checkpoint's. Low-rank matrices are stored [out, in] as every other linear, those of
`att.time_maa_w2` one by one. Some are divided by powers of two, see `half_range`.
"""

from __future__ import annotations

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
from rwkv.tensor_plan import PlannedTensor, copied, divided, turned
from rwkv.tuned_state import has_tuned_state, plan_key_value_state
from rwkv.weight_file import WeightFile

# The five mixes in the order in which `time_maa_w1` and `time_maa_w2` have them.
MIXES = "wkvrg"


def read_figures(weights: WeightFile, group_norm_eps: float | None) -> ModelConfig:
    """The configuration that the shapes tell. `group_norm_eps` None means RWKV-6's own, 64e-5."""
    vocab, embd = matrix(weights, "emb.weight")
    heads, head_size = matrix(weights, "blocks.0.att.time_faaaa")
    require_heads(weights, "blocks.0.att.time_faaaa", heads, head_size, embd)
    ranks = {
        "mix": matrix(weights, "blocks.0.att.time_maa_w1")[1] // len(MIXES),
        "decay": matrix(weights, "blocks.0.att.time_decay_w1")[1],
    }
    return ModelConfig(
        arch="rwkv6",
        layers=count_layers(weights),
        embd=embd,
        heads=heads,
        head_size=head_size,
        ffn=matrix(weights, "blocks.0.ffn.key.weight")[0],
        vocab=vocab,
        ranks=ranks,
        layer_norm_eps=LAYER_NORM_EPS,
        group_norm_eps=GROUP_NORM_EPS if group_norm_eps is None else group_norm_eps,
        layers_per_halving=layers_per_halving(vocab),
        wkv_divisor=WKV_DIVISOR,
        tuned_state=has_tuned_state(weights),
    )


def plan_block(_weights: WeightFile, config: ModelConfig, layer: int) -> list[PlannedTensor]:
    """The stored tensors of one layer, in the order in which they lie in its file."""
    block, c, f = f"blocks.{layer}.", config.embd, config.ffn
    att, ffn = f"{block}att.", f"{block}ffn."
    mix, decay = config.ranks["mix"], config.ranks["decay"]
    to_stream = stream_divisor(config, layer)
    plan = [copied(f"{block}{norm}.{part}", (c,)) for norm in ("ln1", "ln2") for part in ("weight", "bias")]
    plan += [copied(f"{att}time_maa_{letter}", (c,)) for letter in f"x{MIXES}"]
    plan.append(turned(f"{att}time_maa_w1", (c, len(MIXES) * mix)))
    plan += [mix_up(f"{att}time_maa_w2", index, (len(MIXES), mix, c)) for index in range(len(MIXES))]
    plan.append(copied(f"{att}time_decay", (c,)))
    plan.append(turned(f"{att}time_decay_w1", (c, decay)))
    plan.append(turned(f"{att}time_decay_w2", (decay, c)))
    plan.append(copied(f"{att}time_faaaa", (config.heads, config.head_size)))
    plan += [copied(f"{att}{name}.weight", (c, c)) for name in ("receptance", "gate")]
    plan.append(divided(f"{att}key.weight", (c, c), KEY_DIVISOR))
    plan.append(divided(f"{att}value.weight", (c, c), VALUE_DIVISOR))
    plan.append(divided(f"{att}output.weight", (c, c), to_stream))
    plan += [copied(f"{att}ln_x.{part}", (c,)) for part in ("weight", "bias")]
    plan += [copied(f"{ffn}time_maa_{letter}", (c,)) for letter in "kr"]
    plan += [copied(f"{ffn}key.weight", (f, c)), copied(f"{ffn}receptance.weight", (c, c))]
    plan.append(divided(f"{ffn}value.weight", (c, f), to_stream))
    return plan + plan_key_value_state(config, layer)


def mix_up(source: str, index: int, shape: tuple[int, int, int]) -> PlannedTensor:
    """One of the five matrices of `time_maa_w2` [5, D, C], stored [C, D] under the letter of its mix."""

    def take(tensor: Float32Array) -> Float32Array:
        one: Float32Array = tensor[index]
        return one.T

    return PlannedTensor(f"{source}.{MIXES[index]}", (shape[2], shape[1]), source, shape, take)
