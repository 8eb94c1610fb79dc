"""Graphs of a token of several sequences, and heads in graphs of their own, say what the others say."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest

from conftest import RunTool
from rwkv.chunk_span import ChunkSpan
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_chunk, build_head
from rwkv.file_links import link_file
from rwkv.graph_form import DECODE, GraphForm, Outside
from rwkv.number_formats import Float32Array
from rwkv.synthetic_checkpoint import ModelSizes
from rwkv.weight_folder import WeightFolder
from version_models import (
    VERSIONS,
    make_tensors,
    prefill_logits,
    reference_logits,
    write_graphs,
    write_weights,
)

TEXTS = [[0, *b"One text is read"], [0, *b"beside two other"], [0, *b"ones, unawares."]]
TOKENS = np.array([text[:16] for text in TEXTS], np.int32)  # [sequences, tokens]
SEQUENCES = len(TEXTS)
RELATIVE_ERROR = 1e-4
SIZES = ModelSizes(layers=7, embd=32, head_size=16, vocab=256)  # past the first halving of v5 and v6


@pytest.fixture(scope="module", params=VERSIONS)
def weights(
    request: pytest.FixtureRequest, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory
) -> WeightFolder:
    return write_weights(make_tensors(request.param, SIZES), tmp_path_factory.mktemp("weights"), run_tool)


@pytest.fixture(scope="module")
def expected(weights: WeightFolder) -> list[Float32Array]:
    """For each sequence [tokens, V]."""
    return [reference_logits(weights, list(text)) for text in TOKENS]


def write_headless(weights: WeightFolder, folder: Path, form: GraphForm, head_form: GraphForm) -> list[Path]:
    """Two chunks and the head."""
    build = partial(build_chunk, form=form, outside={Outside.HEAD})
    graphs = write_graphs(weights, folder, 2, build)
    head, place = build_head(weights, head_form), folder / "head"
    place.mkdir()
    for file in head.files():
        link_file(weights.path / file, place / file)
    (place / "graph.onnx").write_bytes(head.model().SerializeToString())
    return [*graphs, place / "graph.onnx"]


@pytest.mark.parametrize("outside", [False, True], ids=["head inside", "head outside"])
def test_each_sequence_gets_what_the_reference_gives_it_alone(
    weights: WeightFolder, expected: list[Float32Array], tmp_path: Path, outside: bool
) -> None:
    form = GraphForm(sequences=SEQUENCES)
    graphs = (
        write_headless(weights, tmp_path, form, form)
        if outside
        else write_graphs(weights, tmp_path, 2, partial(build_chunk, form=form))
    )
    chain = CpuChain(graphs)
    found = np.stack([chain.all_logits({"token": TOKENS[:, at]}) for at in range(TOKENS.shape[1])], 1)
    assert found.shape == (SEQUENCES, TOKENS.shape[1], SIZES.vocab)
    for logits, own in zip(found, expected, strict=True):
        assert np.abs(logits - own).max() < RELATIVE_ERROR * np.abs(own).max()


def test_a_head_of_its_own_gives_the_same_bits(weights: WeightFolder, tmp_path: Path) -> None:
    inside, apart = (
        CpuChain(graphs)
        for graphs in (
            write_graphs(weights, tmp_path / "inside", 2, build_chunk),
            write_headless(weights, tmp_path / "apart", DECODE, DECODE),
        )
    )
    for token in TOKENS[0]:
        given = {"token": np.array([token], np.int32)}
        np.testing.assert_array_equal(apart.logits(given), inside.logits(given))


def test_a_prefill_ends_with_the_row_that_the_head_takes(
    weights: WeightFolder, expected: list[Float32Array], tmp_path: Path
) -> None:
    graphs = write_headless(weights, tmp_path, GraphForm(tokens=16), DECODE)
    logits = prefill_logits(graphs, list(TOKENS[0]), 16)[0]
    assert np.abs(logits - expected[0][-1]).max() < RELATIVE_ERROR * np.abs(expected[0]).max()


def test_only_the_head_graph_has_the_heads_weight(weights: WeightFolder, tmp_path: Path) -> None:
    graphs = write_headless(weights, tmp_path, DECODE, DECODE)
    names = [
        {tensor.name for tensor in onnx.load_model(path, load_external_data=False).graph.initializer}
        for path in graphs
    ]
    assert ["head.weight" in found for found in names] == [False, False, True]
    assert ["ln_out.weight" in found for found in names] == [False, True, False]


def test_states_of_sequences_follow_each_other(weights: WeightFolder, tmp_path: Path) -> None:
    """A runtime puts the state of one sequence among those of several by copying its bytes."""
    ends = []
    for form in (DECODE, GraphForm(sequences=SEQUENCES)):
        graph = build_chunk_graph(weights, form)
        ends.append({item.name: shape_of(item) for item in graph.input if item.name.startswith("state")})
    alone, together = ends
    assert together == {name: (SEQUENCES * shape[0], *shape[1:]) for name, shape in alone.items()}


def build_chunk_graph(weights: WeightFolder, form: GraphForm) -> onnx.GraphProto:
    return build_chunk(weights, ChunkSpan(1, 1, 0, weights.config.layers), form).model().graph


def shape_of(item: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(dimension.dim_value for dimension in item.type.tensor_type.shape.dim)
