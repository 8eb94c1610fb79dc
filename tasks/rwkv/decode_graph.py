"""The whole decode graph of a chunk: what goes in, the layers of its RWKV version, what comes out."""

from __future__ import annotations

from onnx import TensorProto

from rwkv.arch_registry import layers_of
from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder
from rwkv.half_range import stream_norm_eps
from rwkv.weight_folder import WeightFolder


def build_from_token(weights: WeightFolder, span: ChunkSpan) -> GraphBuilder:
    """A chunk; the first one takes `token` int32 [1] and looks it up in the embedding table."""
    graph = GraphBuilder(weights)
    if not span.is_first:
        return finish(graph, weights, span, graph.input("hidden_in", (1, weights.config.embd)))
    token = graph.input("token", (1,), TensorProto.INT32)
    return finish(
        graph, weights, span, graph.op("Gather", [graph.weight("emb.weight"), token], "emb", axis=0)
    )


def build_from_embedding(weights: WeightFolder, span: ChunkSpan) -> GraphBuilder:
    """A chunk; the first one takes `embedding` f32 [1, C], a row of the table that the caller keeps."""
    graph = GraphBuilder(weights)
    return finish(
        graph,
        weights,
        span,
        graph.input("embedding" if span.is_first else "hidden_in", (1, weights.config.embd)),
    )


def finish(graph: GraphBuilder, weights: WeightFolder, span: ChunkSpan, hidden: str) -> GraphBuilder:
    """Add the layers and the end: `logits` [1, V] in the last chunk, `hidden_out` [1, C] in others."""
    config = weights.config
    hidden = layers_of(config.arch)(graph, config, span, hidden)
    if span.is_last:
        eps = stream_norm_eps(config, config.layers - 1)
        hidden = graph.layer_norm(hidden, "ln_out", "ln_out", eps)
        graph.output(graph.linear(hidden, "head.weight", "logits"), (1, config.vocab))
    else:
        graph.output(graph.op("Identity", [hidden], "hidden_out"), (1, config.embd))
    return graph
