"""The whole graph of a chunk: what goes in, the layers of its RWKV version, what comes out."""

from __future__ import annotations

from collections.abc import Collection

from rwkv.arch_registry import layers_of
from rwkv.chunk_span import ChunkSpan
from rwkv.graph_builder import GraphBuilder
from rwkv.graph_form import DECODE, GraphForm, Outside
from rwkv.half_range import stream_norm_eps
from rwkv.weight_folder import WeightFolder


def build_from_token(weights: WeightFolder, span: ChunkSpan, form: GraphForm = DECODE) -> GraphBuilder:
    """A chunk that looks up its tables itself, by `token` int32 [rows]."""
    return build_chunk(weights, span, form)


def build_from_embedding(weights: WeightFolder, span: ChunkSpan, form: GraphForm = DECODE) -> GraphBuilder:
    """A chunk that takes rows of tables that the caller keeps, such as `embedding` f32 [rows, C]."""
    return build_chunk(weights, span, form, {Outside.TABLES})


def build_chunk(
    weights: WeightFolder, span: ChunkSpan, form: GraphForm = DECODE, outside: Collection[Outside] = ()
) -> GraphBuilder:
    """All of a chunk; it ends with `hidden_out` [rows, C], the last one with `logits` [sequences, V].

    Where the head is outside, the last one ends with what that takes: `ln_out` [sequences, C].
    """
    graph = GraphBuilder(weights, form, outside)
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
        # The head, which may be as large as several layers, is applied to the last token of a prompt alone.
        hidden = graph.slice(hidden, 0, graph.form.tokens - 1, graph.form.tokens, "hidden.last")
    normal = graph.layer_norm(hidden, "ln_out", "ln_out", stream_norm_eps(config, config.layers - 1))
    if Outside.HEAD in outside:
        graph.output(normal, (form.sequences, config.embd))
    else:
        add_head(graph, weights, normal)
    return graph


def build_head(weights: WeightFolder, form: GraphForm = DECODE) -> GraphBuilder:
    """The head alone: `ln_out` [sequences, C] -> `logits` [sequences, V]."""
    graph = GraphBuilder(weights, form)
    add_head(graph, weights, graph.input("ln_out", (form.sequences, weights.config.embd)))
    return graph


def add_head(graph: GraphBuilder, weights: WeightFolder, normal: str) -> None:
    """The logits of what the last norm gave."""
    logits = graph.linear(normal, "head.weight", "logits")
    graph.output(logits, (graph.form.sequences, weights.config.vocab))
