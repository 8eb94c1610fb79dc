"""RWKV-7a's layers as ONNX nodes: RWKV-7's with a deep embedding in the feed-forward half.

C channels, F of the feed-forward, D the rank of the deep embeddings.
"""

from __future__ import annotations

from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder
from rwkv.model_config import ModelConfig
from rwkv.rwkv7_graph import add_layers_with, add_squared_key


def add_layers(graph: GraphBuilder, config: ModelConfig, span: ChunkSpan, hidden: str) -> str:
    """Add the chunk's layers as RWKV-7's; each takes its own row of its own table."""
    return add_layers_with(add_channel_mix, graph, config, span, hidden)


def add_channel_mix(graph: GraphBuilder, config: ModelConfig, layer: int, hidden: str) -> str:
    """The feed-forward half of a layer: the residual stream [rows, C]."""
    ffn, rank = f"blocks.{layer}.ffn.", config.ranks["deep"]
    x, k = add_squared_key(graph, config, layer, hidden)
    down = graph.linear(x, f"{ffn}s1", f"{ffn}deep.down")
    turned = add_turn(graph, rank, layer, down)
    share = graph.linear(turned, f"{ffn}s2", f"{ffn}deep.up", f"{ffn}s0")  # [rows, F]
    k = graph.op("Mul", [k, share], f"{ffn}k.weighed")
    value = graph.linear(k, f"{ffn}value.weight", f"{ffn}value")
    return graph.op("Add", [hidden, value], f"{ffn}residual")


def add_turn(graph: GraphBuilder, rank: int, layer: int, down: str) -> str:
    """Each token's row [D] times the matrix [D, D] that its deep embedding is: [rows, D]."""
    ffn, rows = f"blocks.{layer}.ffn.", graph.form.rows
    deep = graph.token_rows(f"{ffn}s_emb.weight", f"{ffn}deep.row", f"deep_embedding{layer}")
    if rows == 1:
        deep = graph.reshape(deep, (rank, rank), f"{ffn}deep")
        return graph.op("MatMul", [down, deep], f"{ffn}deep.turned")
    deep = graph.reshape(deep, (rows, rank, rank), f"{ffn}deep")
    down = graph.reshape(down, (rows, 1, rank), f"{ffn}deep.down.rows")
    turned = graph.op("MatMul", [down, deep], f"{ffn}deep.turned")
    return graph.reshape(turned, (rows, rank), f"{ffn}deep.turned.flat")
