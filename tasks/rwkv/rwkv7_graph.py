"""RWKV-7's layers as ONNX nodes: the steps of `rwkv7_reference` in forms that the HTP takes.

C channels in H heads of N; a row for each token that the graph takes at once, see `graph_form`. Nothing needs
scaling for fp16: the state is bounded by the decay and the residual stream of trained models stays far below
65504.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import Attribute, GraphBuilder
from rwkv.graph_layers import (
    by_sequences,
    group_norm,
    heads_shape,
    laid_out,
    remembered_norm,
    squared_relu,
    state_heads,
    vector_weight,
)
from rwkv.head_products import spread_product, weighted_sum
from rwkv.model_config import ModelConfig
from rwkv.rwkv7_prefill import add_wkv_block
from rwkv.token_mixing import TokenMixing

DECAY_SCALE = -math.exp(-0.5)


AddHalf = Callable[[GraphBuilder, ModelConfig, int, str], str]


def add_layers(graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str) -> str:
    """Add the chunk's layers with their states; returns the residual stream's last tensor [rows, C]."""
    return add_layers_with(add_channel_mix, graph, config, span, hidden)


def add_layers_with(
    channel_mix: AddHalf, graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str
) -> str:
    """Add the chunk's layers with their states; returns the residual stream's last tensor [rows, C].

    The first chunk emits `v_first_out` when there are later ones; those take it as `v_first_in`.
    """
    stream = (graph.form.rows, config.embd)
    v_first = graph.input("v_first_in", stream) if not span.is_first else ""
    for layer in range(span.first, span.last):
        hidden, v_first = add_time_mix(graph, config, layer, hidden, v_first)
        hidden = channel_mix(graph, config, layer, hidden)
    if span.is_first and not span.is_last:
        # An own node: the name by which the value's encoding is known must not depend on the chunks.
        graph.output(graph.op("Identity", [v_first], "v_first_out"), stream)
    return hidden


def add_time_mix(
    graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str, v_first: str
) -> tuple[str, str]:
    """The attention half of a layer: (residual stream, v_first), [rows, C] each; v_first is "" before it."""
    att = f"blocks.{layer}.att."

    def op(kind: str, inputs: list[str], name: str, **attributes: Attribute) -> str:
        return graph.op(kind, inputs, att + name, **attributes)

    def vector(name: str) -> str:
        return vector_weight(graph, config, att + name)

    def low_rank(x: str, letter: str, activation: str | None = None) -> str:
        """x·w1 → activation → ·w2 (+ w0) -> [rows, C] as `laid_out` gives it."""
        x = graph.linear(x, f"{att}{letter}1", f"{att}{letter}.down")
        if activation is not None:
            x = op(activation, [x], f"{letter}.{activation.lower()}")
        bias = None if letter == "g" else f"{att}{letter}0"
        x = graph.linear(x, f"{att}{letter}2", f"{att}{letter}.up", bias)
        return laid_out(graph, config, x, f"{att}{letter}.up")

    x, before = remembered_norm(graph, config, layer, "att", hidden)
    mixing = TokenMixing(graph, config, att, x, before)
    mixed = {letter: mixing.by_weight(f"{att}x_{letter}", att + letter) for letter in "rwkvag"}

    rows = {
        name: graph.linear(mixed[name[0]], f"{att}{name}.weight", f"{att}{name}")
        for name in ("receptance", "key", "value")
    }
    r, k, v = (laid_out(graph, config, row, att + name) for name, row in rows.items())
    w = op("Sigmoid", [low_rank(mixed["w"], "w", "Tanh")], "w.sigmoid")
    w = op("Mul", [w, graph.scalar("decay_scale", DECAY_SCALE)], "w.exponent")  # of the decay
    a = op("Sigmoid", [low_rank(mixed["a"], "a")], "rate")
    g = low_rank(mixed["g"], "g", "Sigmoid")

    kk = op("Mul", [k, vector("k_k")], "kk.scaled")
    if graph.form.rows > 1:
        kk = graph.reshape(kk, heads_shape(graph, config), f"{att}kk.heads")
    kk = op("LpNormalization", [kk], "kk", axis=-1, p=2)
    k_factor = op("Add", [op("Mul", [a, vector("k_a")], "k_a.scaled"), vector("k_a_rest")], "k.factor")
    k = op("Mul", [k, k_factor], "k")
    if not v_first:
        v_first = rows["value"]
    else:
        residual = op("Sub", [laid_out(graph, config, v_first, f"{att}v_first"), v], "v.residual")
        share = op("Sigmoid", [low_rank(mixed["v"], "v")], "v.share")
        v = op("Add", [v, op("Mul", [residual, share], "v.update")], "v")

    y = add_wkv(graph, config, layer, {"r": r, "k": k, "v": v, "exponent": w, "rate": a, "kk": kk})
    y = op("Mul", [y, g], "y.gated")
    if graph.form.rows == 1:
        y = graph.reshape(y, (1, config.embd), f"{att}y.row")
    y = graph.linear(y, f"{att}output.weight", f"{att}output")
    return op("Add", [hidden, y], "residual"), v_first


def add_wkv(graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str]) -> str:
    """What the state matrices, which learn from each token, say of it, normalised per head.

    It is as `laid_out` gives [rows, C], as are r, k, v, the decay's exponent and rate of `vectors`; kk is by
    heads.
    """
    att = f"blocks.{layer}.att."

    def op(kind: str, inputs: list[str], name: str, **attributes: Attribute) -> str:
        return graph.op(kind, inputs, att + name, **attributes)

    def heads(name: str) -> str:
        if graph.form.rows == 1:
            return vectors[name]
        return graph.reshape(vectors[name], heads_shape(graph, config), f"{att}{name}.heads")

    kk_rate = op("Mul", [vectors["kk"], heads("rate")], "kk.rate")
    vectors = {**vectors, "kk.rate": kk_rate}
    if graph.form.tokens > 1:
        return add_wkv_block(graph, config, layer, vectors)
    y = add_wkv_step(graph, config, layer, vectors)
    y = group_norm(graph, config, att, y, config.group_norm_eps)

    # the current token's own value, weighted by Σ r·k·r_k per head
    product = op("Mul", [op("Mul", [heads("r"), heads("k")], "rk"), graph.weight(f"{att}r_k")], "rk.scaled")
    last_axis = graph.constant("last_axis", np.array([-1], np.int64))
    bonus = op("ReduceSum", [product, last_axis], "bonus", keepdims=1)
    y = op("Add", [y, op("Mul", [bonus, heads("v")], "own")], "y")
    return y if graph.form.rows == 1 else graph.reshape(y, (graph.form.rows, config.embd), f"{att}y.flat")


def add_wkv_step(graph: GraphBuilder, config: ModelConfig, layer: int, vectors: dict[str, str]) -> str:
    """The step of the state [S·H, value, key] by one token and what is read from it: by heads, as kk is.

    `vectors` are r, k, v, exponent as `laid_out` gives them, kk and kk.rate by heads.
    """
    h, n = state_heads(graph, config), config.head_size
    att, state = f"blocks.{layer}.att.", f"state{layer}_"

    def op(kind: str, inputs: list[str], name: str) -> str:
        return graph.op(kind, inputs, att + name)

    def row(name: str) -> str:
        return graph.reshape(vectors[name], (h, 1, n), f"{att}{name}.row")

    def product(column: str, of_row: str, name: str) -> str:
        reshaped = graph.reshape(vectors[column], (h, n, 1), f"{att}{column}.column")
        return spread_product(graph, reshaped, row(of_row), (h, n), att + name)

    # S <- S·w + (v kᵀ + (S·kk)(−kk·a)ᵀ): of matrices an Add takes less time than a Sub
    before = graph.input(f"{state}wkv_in", (h, n, n))
    vectors["decay"] = op("Exp", [vectors["exponent"]], "decay")
    vectors["recalled"] = weighted_sum(graph, before, row("kk"), -1, f"{att}recalled")
    vectors["kk.rate.away"] = op("Neg", [vectors["kk.rate"]], "kk.rate.away")
    unlearnt = product("recalled", "kk.rate.away", "unlearnt")
    learnt = product("v", "k", "learnt")
    decayed = op("Mul", [before, row("decay")], "decayed")
    wkv = graph.op("Add", [decayed, op("Add", [learnt, unlearnt], "step")], f"{state}wkv_out")
    graph.output(wkv, (h, n, n))
    y = weighted_sum(graph, wkv, row("r"), -1, f"{att}y.heads")
    return by_sequences(graph, config, y)


def add_channel_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The feed-forward half of a layer: the residual stream [rows, C]."""
    ffn = f"blocks.{layer}.ffn."
    _, k = add_squared_key(graph, config, layer, hidden)
    value = graph.linear(k, f"{ffn}value.weight", f"{ffn}value")
    return graph.op("Add", [hidden, value], f"{ffn}residual")


def add_squared_key(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> tuple[str, str]:
    """(the half's input [rows, C], max(key, 0)² [rows, F])."""
    ffn = f"blocks.{layer}.ffn."
    x, before = remembered_norm(graph, config, layer, "ffn", hidden)
    mixed = TokenMixing(graph, config, ffn, x, before).by_weight(f"{ffn}x_k", f"{ffn}k")
    return x, squared_relu(graph, graph.linear(mixed, f"{ffn}key.weight", f"{ffn}key"), f"{ffn}k")
