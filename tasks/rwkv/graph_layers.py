"""Nodes that the graphs of all RWKV versions share.

C channels in H heads of N; `rows` are the tokens that a graph takes at once, of S sequences.
"""

from __future__ import annotations

import numpy as np

from rwkv.graph_builder import GraphBuilder
from rwkv.half_range import stream_norm_eps
from rwkv.model_config import ModelConfig


def heads_shape(graph: GraphBuilder, config: ModelConfig) -> tuple[int, ...]:
    """How [rows, C] looks by heads: [H, N] of one row, else [rows, H, N]."""
    heads = (config.heads, config.head_size)
    return heads if graph.form.rows == 1 else (graph.form.rows, *heads)


def laid_out(graph: GraphBuilder, config: ModelConfig, x: str, name: str) -> str:
    """What a linear gave, [rows, C], for what is computed of it before the next one: a single row by heads.

    The HTP keeps rows in tiles of 8: of [1, C] it would read and compute eight times as much.
    """
    return x if graph.form.rows > 1 else graph.reshape(x, heads_shape(graph, config), f"{name}.heads")


def vector_weight(graph: GraphBuilder, config: ModelConfig, name: str) -> str:
    """A stored vector [C] in the shape that broadcasts with what `laid_out` gives."""
    return graph.weight(name, (1, config.embd) if graph.form.rows > 1 else heads_shape(graph, config))


def state_heads(graph: GraphBuilder, config: ModelConfig) -> int:
    """How many matrices the state of a layer has: S·H."""
    return graph.form.sequences * config.heads


def by_sequences(graph: GraphBuilder, config: ModelConfig, y: str) -> str:
    """What the states' heads gave, [S·H, N], in the shape of `heads_shape`."""
    if graph.form.sequences == 1:
        return y
    return graph.reshape(y, heads_shape(graph, config), f"{y}.sequences")


def remembered_norm(
    graph: GraphBuilder, config: ModelConfig, layer: int, half: str, hidden: str
) -> tuple[str, str]:
    """The input of a half ("att" or "ffn") of a layer, and for each row that of the token before: [rows, C].

    The state keeps the last token's for the next run: [S, C].
    """
    c, tokens, state = config.embd, graph.form.tokens, f"state{layer}_{half}_shift"
    norm, eps = f"blocks.{layer}.{'ln1' if half == 'att' else 'ln2'}", stream_norm_eps(config, layer)
    last = graph.input(f"{state}_in", (graph.form.sequences, c))
    if tokens == 1:
        x = graph.layer_norm(hidden, norm, f"{state}_out", eps)
        graph.output(x, (graph.form.sequences, c))
        return x, last
    x = graph.layer_norm(hidden, norm, f"{state}_rows", eps)
    graph.output(graph.slice(x, 0, tokens - 1, tokens, f"{state}_out"), (1, c))
    earlier = graph.slice(x, 0, 0, tokens - 1, f"{state}_earlier")
    return x, graph.op("Concat", [last, earlier], f"{state}_before", axis=0)


def group_norm(graph: GraphBuilder, config: ModelConfig, att: str, y: str, eps: float) -> str:
    """[…, H, N], the same shape: a plain layer norm per head, then scale and bias per channel."""
    h, n = config.heads, config.head_size
    ones = graph.constant("ones", np.ones(n, np.float32))
    zeros = graph.constant("zeros", np.zeros(n, np.float32))
    y = graph.op("LayerNormalization", [y, ones, zeros], f"{att}y.normal", axis=-1, epsilon=eps)
    y = graph.op("Mul", [y, graph.weight(f"{att}ln_x.weight", (h, n))], f"{att}y.scaled")
    return graph.op("Add", [y, graph.weight(f"{att}ln_x.bias", (h, n))], f"{att}y.shifted")


def squared_relu(graph: GraphBuilder, x: str, name: str) -> str:
    """max(x, 0)²."""
    x = graph.op("Relu", [x], f"{name}.relu")
    return graph.op("Mul", [x, x], f"{name}.squared")


def silu(graph: GraphBuilder, x: str, name: str) -> str:
    """x·sigmoid(x)."""
    return graph.op("Mul", [x, graph.op("Sigmoid", [x], f"{name}.sigmoid")], f"{name}.silu")
