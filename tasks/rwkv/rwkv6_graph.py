"""RWKV-6's layers as ONNX nodes: the steps of `rwkv6_reference` in forms that the HTP takes.

C channels in H heads of N, low ranks D (mix) and R (decay); a row for each token that the graph takes at
once, see `graph_form`. What is divided for fp16's sake: `half_range`.
"""

from __future__ import annotations

import numpy as np

from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder
from rwkv.graph_layers import remembered_norm, state_heads
from rwkv.model_config import ModelConfig
from rwkv.rwkv6_layout import MIXES
from rwkv.rwkv56_graph import add_attention, add_feed_forward, enter_layer
from rwkv.token_mixing import TokenMixing

# exp(-exp(x)) between fp16's smallest normal number (6.1e-5) and 1 - 6e-5, which fp16 rounds to 1.
DECAY_EXPONENTS = {"lowest": -9.72, "highest": 2.27}


def add_layers(graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str) -> str:
    """Add the chunk's layers with their states; returns the residual stream's last tensor [rows, C]."""
    for layer in range(span.first, span.last):
        hidden = enter_layer(graph, config, layer, hidden)
        hidden = add_time_mix(graph, config, layer, hidden)
        hidden = add_channel_mix(graph, config, layer, hidden)
    return hidden


def add_time_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The attention half of a layer: the residual stream [rows, C]."""
    h, n, att = state_heads(graph, config), config.head_size, f"blocks.{layer}.att."
    x, before = remembered_norm(graph, config, layer, "att", hidden)
    mixed = add_mixes(graph, config, att, TokenMixing(graph, config, att, x, before))

    w = graph.linear(mixed["w"], f"{att}time_decay_w1", f"{att}decay.down")
    w = graph.op("Tanh", [w], f"{att}decay.tanh")
    w = graph.linear(w, f"{att}time_decay_w2", f"{att}decay.up", f"{att}time_decay")
    ends = [graph.constant(f"decay.{end}", np.array(at, np.float32)) for end, at in DECAY_EXPONENTS.items()]
    w = graph.op("Exp", [graph.op("Clip", [w, *ends], f"{att}decay.clipped")], f"{att}decay.rate")
    decay = graph.op("Neg", [w], f"{att}decay.exponent")
    if graph.form.tokens == 1:
        decay = graph.reshape(graph.op("Exp", [decay], f"{att}decay"), (h, n, 1), f"{att}decay.column")

    y = add_attention(graph, config, layer, mixed, decay)
    return graph.op("Add", [hidden, y], f"{att}residual")


def add_mixes(graph: GraphBuilder, config: ModelConfig, att: str, mixing: TokenMixing) -> dict[str, str]:
    """The inputs [rows, C] of decay, key, value, receptance and gate, by letter.

    How much of the shift each takes is maa + tanh(·w1)·w2 of the input itself: five linears with maa as bias.
    """
    rank = config.ranks["mix"]
    base = mixing.by_weight(f"{att}time_maa_x", f"{att}x")
    down = graph.op(
        "Tanh", [graph.linear(base, f"{att}time_maa_w1", f"{att}mix.down")], f"{att}mix.tanh"
    )  # [rows, 5D]
    mixed = {}
    for index, letter in enumerate(MIXES):
        bounds = [
            graph.constant(f"at_{place}", np.array([place], np.int64))
            for place in (rank * index, rank * (index + 1), 1)
        ]
        part = graph.op("Slice", [down, *bounds], f"{att}{letter}.mix.down")  # [rows, D]
        share = graph.linear(
            part, f"{att}time_maa_w2.{letter}", f"{att}{letter}.mix", f"{att}time_maa_{letter}"
        )
        mixed[letter] = mixing.by_shares(share, f"{att}{letter}")
    return mixed


def add_channel_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The feed-forward half of a layer: the residual stream [rows, C]."""
    ffn = f"blocks.{layer}.ffn."
    x, before = remembered_norm(graph, config, layer, "ffn", hidden)
    mixing = TokenMixing(graph, config, ffn, x, before)
    mixed = {letter: mixing.by_weight(f"{ffn}time_maa_{letter}", ffn + letter) for letter in "kr"}
    return graph.op("Add", [hidden, add_feed_forward(graph, layer, mixed)], f"{ffn}residual")
