"""RWKV-7: the figures of a checkpoint from its shapes, and what the weights folder stores of each layer.

Stored names are the checkpoint's. Low-rank matrices are stored [out, in] as every other linear;
`att.k_a_rest` is added.
"""

from __future__ import annotations

from rwkv.checkpoint_figures import (
    GROUP_NORM_EPS,
    LAYER_NORM_EPS,
    count_layers,
    matrix,
    require_heads,
)
from rwkv.model_config import ModelConfig
from rwkv.number_formats import Float32Array
from rwkv.tensor_plan import PlannedTensor, copied, turned
from rwkv.tuned_state import has_tuned_state, plan_value_key_state
from rwkv.weight_file import WeightFile

RANKS = {"decay": "w", "rate": "a", "value": "v", "gate": "g"}


def read_figures(weights: WeightFile, group_norm_eps: float | None) -> ModelConfig:
    """The configuration that the shapes tell. `group_norm_eps` None means RWKV-7's own, 64e-5."""
    vocab, embd = matrix(weights, "emb.weight")
    heads, head_size = matrix(weights, "blocks.0.att.r_k")
    require_heads(weights, "blocks.0.att.r_k", heads, head_size, embd)
    layers = count_layers(weights)
    ranks = dict.fromkeys(RANKS, 0)
    for purpose, letter in RANKS.items():
        # The first layer's v0, v1, v2 are never used, and some files do without them.
        layer = 1 if purpose == "value" else 0
        if layer < layers:
            ranks[purpose] = matrix(weights, f"blocks.{layer}.att.{letter}1")[1]
    return ModelConfig(
        arch="rwkv7",
        layers=layers,
        embd=embd,
        heads=heads,
        head_size=head_size,
        ffn=matrix(weights, "blocks.0.ffn.key.weight")[0],
        vocab=vocab,
        ranks=ranks,
        layer_norm_eps=LAYER_NORM_EPS,
        group_norm_eps=GROUP_NORM_EPS if group_norm_eps is None else group_norm_eps,
        tuned_state=has_tuned_state(weights),
    )


def rest(tensor: Float32Array) -> Float32Array:
    """1 - x, with which k·(1 + (a − 1)·k_a) becomes k·(a·k_a + rest)."""
    return 1 - tensor


def plan_block(_weights: WeightFile, config: ModelConfig, layer: int) -> list[PlannedTensor]:
    """The stored tensors of one layer, in the order in which they lie in its file."""
    block, c = f"blocks.{layer}.", config.embd
    att = f"{block}att."
    plan = [copied(f"{block}{norm}.{part}", (c,)) for norm in ("ln1", "ln2") for part in ("weight", "bias")]
    plan += [copied(f"{att}x_{letter}", (c,)) for letter in "rwkvag"]
    plan += [copied(f"{att}{name}.weight", (c, c)) for name in ("receptance", "key", "value", "output")]
    for purpose, letter in RANKS.items():
        if purpose == "value" and layer == 0:
            continue
        if purpose != "gate":
            plan.append(copied(f"{att}{letter}0", (c,)))
        plan.append(turned(f"{att}{letter}1", (c, config.ranks[purpose])))
        plan.append(turned(f"{att}{letter}2", (config.ranks[purpose], c)))
    plan += [copied(f"{att}k_k", (c,)), copied(f"{att}k_a", (c,))]
    plan.append(PlannedTensor(f"{att}k_a_rest", (c,), f"{att}k_a", (c,), rest))
    plan.append(copied(f"{att}r_k", (config.heads, config.head_size)))
    plan += [copied(f"{att}ln_x.{part}", (c,)) for part in ("weight", "bias")]
    plan.append(copied(f"{block}ffn.x_k", (c,)))
    plan.append(copied(f"{block}ffn.key.weight", (config.ffn, c)))
    plan.append(copied(f"{block}ffn.value.weight", (c, config.ffn)))
    return plan + plan_value_key_state(config, layer)
