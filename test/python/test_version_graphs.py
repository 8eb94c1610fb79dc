from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import shape_inference

from conftest import RunTool
from rwkv.cpu_chain import CpuChain
from rwkv.decode_graph import build_from_embedding
from rwkv.token_tables import table_names
from rwkv.weight_folder import WeightFolder
from version_models import (
    VERSIONS,
    chain_logits,
    make_tensors,
    reference_logits,
    write_graphs,
    write_weights,
)

TOKENS = [0, *b"The state carries over from token to token."]
# fp32 sums in another order, over 13 layers and 44 tokens; the logits reach ±10.
TOLERANCE = 1e-4


@pytest.fixture(scope="module", params=VERSIONS)
def weights(
    request: pytest.FixtureRequest, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory
) -> WeightFolder:
    folder = tmp_path_factory.mktemp(f"version{request.param}")
    return write_weights(make_tensors(request.param), folder, run_tool)


@pytest.fixture(scope="module")
def whole(weights: WeightFolder, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """What the graph of all layers says."""
    return chain_logits(write_graphs(weights, tmp_path_factory.mktemp("whole"), 1), TOKENS)


def test_the_graph_equals_the_reference(weights: WeightFolder, whole: NDArray[np.float32]) -> None:
    expected = reference_logits(weights, TOKENS)
    assert np.abs(expected).max() > 5  # the comparison means something
    np.testing.assert_allclose(whole, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("chunks", [2, 3, 4])
def test_chunks_give_the_same_bits_as_the_whole(
    weights: WeightFolder, whole: NDArray[np.float32], tmp_path: Path, chunks: int
) -> None:
    parts = chain_logits(write_graphs(weights, tmp_path, chunks), TOKENS)
    np.testing.assert_array_equal(parts, whole)


def test_tables_outside_of_the_graph_give_the_same_bits(
    weights: WeightFolder, whole: NDArray[np.float32], tmp_path: Path
) -> None:
    graphs = write_graphs(weights, tmp_path, 2, build_from_embedding)
    assert not list(tmp_path.glob("*/*embedding*"))
    chain = CpuChain(graphs)
    logits = [chain.logits(outside_rows(weights, token)) for token in TOKENS]
    np.testing.assert_array_equal(np.stack(logits), whole)


def outside_rows(weights: WeightFolder, token: int) -> dict[str, NDArray[np.float32]]:
    """What a runtime that keeps the tables itself takes from them."""
    tables = dict(enumerate(table_names(weights.config), -1))
    return {
        "embedding" if layer < 0 else f"deep_embedding{layer}": weights.read(name)[token : token + 1]
        for layer, name in tables.items()
    }


def test_the_tables_are_written_row_by_row_for_the_runtime(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    output = tmp_path / "embedding.f32"
    done = run_tool("export-onnx/write_embedding.py", "--weights", weights.path, "--output", output)
    assert done.returncode == 0, done.stderr
    rows = np.fromfile(output, "<f4").reshape(weights.config.vocab, -1)
    np.testing.assert_array_equal(rows[65:66], np.concatenate(list(outside_rows(weights, 65).values()), 1))


def test_what_was_fed_before_counts(weights: WeightFolder) -> None:
    after_other, alone = (reference_logits(weights, tokens)[-1] for tokens in ([7, 8, 9], [9]))
    assert np.abs(after_other - alone).max() > 0.1


def test_no_column_meets_a_row_as_it_was_reshaped(weights: WeightFolder, tmp_path: Path) -> None:
    # The HTP would multiply other elements of them.
    (path,) = write_graphs(weights, tmp_path, 1)
    graph = shape_inference.infer_shapes(onnx.load_model(path, load_external_data=False)).graph
    shapes = {
        item.name: [axis.dim_value for axis in item.type.tensor_type.shape.dim]
        for item in (*graph.input, *graph.value_info)
    }
    reshaped = {node.output[0] for node in graph.node if node.op_type == "Reshape"}
    spread = 0
    for node in graph.node:
        if node.op_type != "Mul" or any(len(shapes.get(name, ())) != 3 for name in node.input):
            continue
        column, row = sorted(node.input, key=lambda name: shapes[name][2])
        spread += shapes[row][1] == 1
        assert shapes[column][2] != 1 or shapes[row][1] != 1 or column not in reshaped, node.name
    assert spread  # products with rows there are
