"""The whole graph of a chunk: what goes in, the layers of its RWKV version, what comes out."""

from __future__ import annotations

from rwkv.arch_registry import layers_of
from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder, TablePlace
from rwkv.graph_form import DECODE, GraphForm
from rwkv.half_range import stream_norm_eps
from rwkv.weight_folder import WeightFolder


def build_from_token(weights: WeightFolder, span: ChunkSpan, form: GraphForm = DECODE) -> GraphBuilder:
    """A chunk that looks up its tables itself, by `token` int32 [rows]."""
    return build(GraphBuilder(weights, form, TablePlace.INSIDE), weights, span)


def build_from_embedding(weights: WeightFolder, span: ChunkSpan, form: GraphForm = DECODE) -> GraphBuilder:
    """A chunk that takes rows of tables that the caller keeps, such as `embedding` f32 [rows, C]."""
    return build(GraphBuilder(weights, form, TablePlace.OUTSIDE), weights, span)


def build(graph: GraphBuilder, weights: WeightFolder, span: ChunkSpan) -> GraphBuilder:
    """Add all of a chunk; it ends with `logits` in the last one, `hidden_out` [rows, C] in others.

    The logits [1, V] of a prefill are those after its last token: the head, which may be as large as several
    layers, is applied to that row alone.
    """
    config, rows = weights.config, graph.form.rows
    if span.is_first:
        hidden = graph.token_rows("emb.weight", "emb", "embedding")
    else:
        hidden = graph.input("hidden_in", (rows, config.embd))
    hidden = layers_of(config.arch)(graph, config, span, hidden)
    if not span.is_last:
        graph.output(graph.op("Identity", [hidden], "hidden_out"), (rows, config.embd))
        return graph
    if graph.form.tokens > 1:
        hidden = graph.slice(hidden, 0, graph.form.tokens - 1, graph.form.tokens, "hidden.last")
    hidden = graph.layer_norm(hidden, "ln_out", "ln_out", stream_norm_eps(config, config.layers - 1))
    graph.output(graph.linear(hidden, "head.weight", "logits"), (1, config.vocab))
    return graph
