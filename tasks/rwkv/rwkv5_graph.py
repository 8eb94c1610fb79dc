"""RWKV-5's layers as ONNX nodes: the steps of `rwkv5_reference` in forms that the HTP takes.

C channels in H heads of N; a row for each token that the graph takes at once, see `graph_form`. What is
divided for fp16's sake: `half_range`.
"""

from __future__ import annotations

import numpy as np

from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder
from rwkv.graph_layers import remembered_norm
from rwkv.model_config import ModelConfig
from rwkv.rwkv5_layout import MIXES
from rwkv.rwkv56_graph import add_attention, add_feed_forward, enter_layer
from rwkv.token_mixing import TokenMixing


def add_layers(graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str) -> str:
    """Add the chunk's layers with their states; returns the residual stream's last tensor [rows, C]."""
    for layer in range(span.first, span.last):
        hidden = enter_layer(graph, config, layer, hidden)
        hidden = add_time_mix(graph, config, layer, hidden)
        hidden = add_channel_mix(graph, config, layer, hidden)
    return hidden


def add_time_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The attention half of a layer: the residual stream [rows, C]."""
    att = f"blocks.{layer}.att."
    x, last = remembered_norm(graph, config, layer, "att", hidden)
    # x·m + last·(1 − m) as last + (x − last)·m
    mixing = TokenMixing(graph, config, att, last, x)
    mixed = {letter: mixing.by_weight(f"{att}time_mix_{letter}", att + letter) for letter in MIXES}
    y = add_attention(graph, config, layer, mixed, decay_of(graph, config, att))
    return graph.op("Add", [hidden, y], f"{att}residual")


def decay_of(graph: GraphBuilder, config: ModelConfig, att: str) -> str:
    """[S·H, N, 1] for one token; for several the exponents [rows, C], though all rows are the same."""
    h, n, tokens, sequences = config.heads, config.head_size, graph.form.tokens, graph.form.sequences
    if tokens == 1 and sequences == 1:
        return graph.weight(f"{att}decay", (h, n, 1))
    if tokens == 1:
        shape = graph.constant(f"shape.{sequences}", np.array([sequences, h, n], np.int64))
        decay = graph.op("Expand", [graph.weight(f"{att}decay", (1, h, n)), shape], f"{att}decay.sequences")
        return graph.reshape(decay, (sequences * h, n, 1), f"{att}decay.column")
    ones = graph.constant(f"ones_{tokens}", np.ones((tokens, 1), np.float32))
    exponent = graph.weight(f"{att}decay_exponent", (1, config.embd))
    return graph.op("MatMul", [ones, exponent], f"{att}blocks.decay.exponent")


def add_channel_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The feed-forward half of a layer: the residual stream [rows, C]."""
    ffn = f"blocks.{layer}.ffn."
    x, last = remembered_norm(graph, config, layer, "ffn", hidden)
    mixing = TokenMixing(graph, config, ffn, last, x)
    mixed = {letter: mixing.by_weight(f"{ffn}time_mix_{letter}", ffn + letter) for letter in "kr"}
    return graph.op("Add", [hidden, add_feed_forward(graph, layer, mixed)], f"{ffn}residual")
