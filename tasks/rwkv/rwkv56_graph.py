"""What RWKV-5 and -6 have in common as ONNX nodes: all but how they mix in the token before.

C channels in H heads of N; a row for each token that the graph takes at once, see `graph_form`. The stored
weights of key, value and of what is added to the residual stream are divided by powers of two, see
`half_range`: so are k, v, the state and the stream here.
"""

from __future__ import annotations

import numpy as np

from rwkv.graph_builder import GraphBuilder
from rwkv.graph_layers import (
    by_sequences,
    group_norm,
    heads_shape,
    silu,
    squared_relu,
    state_heads,
)
from rwkv.half_range import is_halved_before
from rwkv.head_products import outer_product, weighted_sum
from rwkv.model_config import ModelConfig
from rwkv.rwkv56_prefill import add_wkv_block


def enter_layer(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The residual stream [rows, C] as large as the layer has it."""
    if not is_halved_before(config, layer):
        return hidden
    return graph.op("Mul", [hidden, graph.scalar("half", 0.5)], f"blocks.{layer}.halved")


def add_attention(
    graph: GraphBuilder, config: ModelConfig, layer: int, mixed: dict[str, str], decay: str
) -> str:
    """What the attention half adds to the residual stream [rows, C].

    `mixed` are the inputs of receptance, key, value and gate by letter. `decay` is [S·H, N, 1] for one token;
    for several it is the decay's exponent, [rows, C].
    """
    att = f"blocks.{layer}.att."
    vectors = {
        letter: graph.linear(mixed[letter], f"{att}{name}.weight", f"{att}{name}")
        for letter, name in {"r": "receptance", "k": "key", "v": "value"}.items()
    }
    y = add_wkv(graph, config, layer, vectors, decay)
    g = silu(graph, graph.linear(mixed["g"], f"{att}gate.weight", f"{att}gate"), f"{att}g")
    return graph.linear(graph.op("Mul", [y, g], f"{att}y.gated"), f"{att}output.weight", f"{att}output")


def add_wkv(graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str], decay: str) -> str:
    """What the state matrices, which learn from each token, say of it, normalised per head: [rows, C].

    `vectors` are r, k, v as [rows, C].
    """
    att = f"blocks.{layer}.att."
    if graph.form.tokens > 1:
        return add_wkv_block(graph, config, layer, vectors, decay)
    y = add_wkv_step(graph, config, layer, vectors, decay)
    y = group_norm(graph, config, att, y, config.group_norm_eps / config.wkv_divisor**2)
    return graph.reshape(y, (graph.form.rows, config.embd), f"{att}y.flat")


def add_wkv_step(
    graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str], decay: str
) -> str:
    """The step of the state [S·H, key, value] by one token and what is read from it: by heads.

    `vectors` are r, k, v as [S, C]; `decay` is [S·H, N, 1].
    """
    h, n = state_heads(graph, config), config.head_size
    att, state = f"blocks.{layer}.att.", f"state{layer}_"

    def op(kind: str, inputs: list[str], name: str) -> str:
        return graph.op(kind, inputs, att + name)

    def column(name: str) -> str:
        return graph.reshape(vectors[name], (h, n, 1), f"{att}{name}.column")

    def row(name: str) -> str:
        return graph.reshape(vectors[name], (h, 1, n), f"{att}{name}.row")

    def heads(name: str) -> str:
        return graph.reshape(vectors[name], heads_shape(graph, config), f"{att}{name}.heads")

    # y = r·(u·k vᵀ + S) = (Σ r·u·k)·v + r·S, S <- w·S + k vᵀ
    before = graph.input(f"{state}wkv_in", (h, n, n))
    recalled = by_sequences(graph, config, weighted_sum(graph, before, column("r"), 1, f"{att}recalled"))
    learnt = outer_product(graph, row("k"), row("v"), f"{att}learnt")
    rk = op("Mul", [op("Mul", [heads("r"), heads("k")], "rk"), graph.weight(f"{att}time_faaaa")], "rk.scaled")
    last_axis = graph.constant("last_axis", np.array([-1], np.int64))
    bonus = graph.op("ReduceSum", [rk, last_axis], f"{att}bonus", keepdims=1)
    wkv = graph.op("Add", [op("Mul", [decay, before], "decayed"), learnt], f"{state}wkv_out")
    graph.output(wkv, (h, n, n))
    return op("Add", [op("Mul", [bonus, heads("v")], "own"), recalled], "y.heads")


def add_feed_forward(graph: GraphBuilder, layer: int, mixed: dict[str, str]) -> str:
    """What the feed-forward half adds to the residual stream [rows, C]: σ(r)·(value·max(key, 0)²).

    `mixed` are the inputs of key and receptance by letter.
    """
    ffn = f"blocks.{layer}.ffn."
    r = graph.linear(mixed["r"], f"{ffn}receptance.weight", f"{ffn}receptance")
    r = graph.op("Sigmoid", [r], f"{ffn}r.sigmoid")
    k = squared_relu(graph, graph.linear(mixed["k"], f"{ffn}key.weight", f"{ffn}key"), f"{ffn}k")
    value = graph.linear(k, f"{ffn}value.weight", f"{ffn}value")
    return graph.op("Mul", [r, value], f"{ffn}gated")
