"""RWKV-5's layers as ONNX nodes for one token: the steps of `rwkv5_reference` in forms that the HTP takes.

C channels in H heads of N. What is divided for fp16's sake: `half_range`.
"""

from __future__ import annotations

from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder
from rwkv.graph_layers import shift_mix
from rwkv.model_config import ModelConfig
from rwkv.rwkv5_layout import MIXES
from rwkv.rwkv56_graph import add_attention, add_feed_forward, enter_layer, remembered_norm


def add_layers(graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str) -> str:
    """Add the chunk's layers with their states; returns the residual stream's last tensor [1, C]."""
    for layer in range(span.first, span.last):
        hidden = enter_layer(graph, config, layer, hidden)
        hidden = add_time_mix(graph, config, layer, hidden)
        hidden = add_channel_mix(graph, config, layer, hidden)
    return hidden


def add_time_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The attention half of a layer: the residual stream [1, C]."""
    c, h, n = config.embd, config.heads, config.head_size
    att = f"blocks.{layer}.att."
    last = graph.input(f"state{layer}_att_shift_in", (1, c))
    x = remembered_norm(graph, config, layer, hidden, "att")
    # x·m + last·(1 − m) as last + (x − last)·m
    shift = graph.op("Sub", [x, last], f"{att}shift")
    mixed = {
        letter: shift_mix(graph, last, shift, graph.weight(f"{att}time_mix_{letter}", (1, c)), att + letter)
        for letter in MIXES
    }
    y = add_attention(graph, config, layer, mixed, graph.weight(f"{att}decay", (h, n, 1)))
    return graph.op("Add", [hidden, y], f"{att}residual")


def add_channel_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The feed-forward half of a layer: the residual stream [1, C]."""
    c, ffn = config.embd, f"blocks.{layer}.ffn."
    last = graph.input(f"state{layer}_ffn_shift_in", (1, c))
    x = remembered_norm(graph, config, layer, hidden, "ffn")
    shift = graph.op("Sub", [x, last], f"{ffn}shift")
    mixed = {
        letter: shift_mix(graph, last, shift, graph.weight(f"{ffn}time_mix_{letter}", (1, c)), ffn + letter)
        for letter in "kr"
    }
    return graph.op("Add", [hidden, add_feed_forward(graph, layer, mixed)], f"{ffn}residual")
