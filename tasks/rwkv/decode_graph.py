"""The whole decode graph of a chunk: what goes in, the layers of its RWKV version, what comes out."""

from __future__ import annotations

from rwkv.arch_registry import layers_of
from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder, TablePlace
from rwkv.half_range import stream_norm_eps
from rwkv.weight_folder import WeightFolder


def build_from_token(weights: WeightFolder, span: ChunkSpan) -> GraphBuilder:
    """A chunk that looks up its tables itself, by `token` int32 [1]."""
    return build(GraphBuilder(weights, TablePlace.INSIDE), weights, span)


def build_from_embedding(weights: WeightFolder, span: ChunkSpan) -> GraphBuilder:
    """A chunk that takes rows of tables that the caller keeps, such as `embedding` f32 [1, C]."""
    return build(GraphBuilder(weights, TablePlace.OUTSIDE), weights, span)


def build(graph: GraphBuilder, weights: WeightFolder, span: ChunkSpan) -> GraphBuilder:
    """Add all of a chunk; it ends with `logits` [1, V] in the last one, `hidden_out` [1, C] in others."""
    config = weights.config
    if span.is_first:
        hidden = graph.token_row("emb.weight", "emb", "embedding")
    else:
        hidden = graph.input("hidden_in", (1, config.embd))
    hidden = layers_of(config.arch)(graph, config, span, hidden)
    if span.is_last:
        eps = stream_norm_eps(config, config.layers - 1)
        hidden = graph.layer_norm(hidden, "ln_out", "ln_out", eps)
        graph.output(graph.linear(hidden, "head.weight", "logits"), (1, config.vocab))
    else:
        graph.output(graph.op("Identity", [hidden], "hidden_out"), (1, config.embd))
    return graph
