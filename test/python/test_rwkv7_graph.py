from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import shape_inference

from conftest import RunTool
from rwkv.cpu_chain import CpuChain
from rwkv.rwkv7_reference import Rwkv7Reference
from rwkv.weight_folder import WeightFolder

TOKENS = [0, *b"The state carries over from token to token, so run a few dozen of them."]


@pytest.fixture(scope="module")
def write_chunks(weights: WeightFolder, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    def write(chunks: int, *options: str) -> list[Path]:
        base = tmp_path_factory.mktemp("graphs")
        folders = [base / f"chunk{chunk}" for chunk in range(1, chunks + 1)]
        for chunk, folder in enumerate(folders, 1):
            arguments = ["--weights", weights.path, "--chunk", str(chunk), "--chunks", str(chunks), *options]
            done = run_tool("export-onnx/write_graph.py", *arguments, "--output", folder)
            assert done.returncode == 0, done.stderr
        return [folder / "graph.onnx" for folder in folders]

    return write


def run_chain(graphs: list[Path]) -> NDArray[np.float32]:
    chain = CpuChain(graphs)
    return np.stack([chain.logits({"token": np.array([token], np.int32)}) for token in TOKENS])


def names(values: object) -> list[str]:
    return [value.name for value in values]  # type: ignore[attr-defined]


def test_the_graph_equals_the_reference(weights: WeightFolder, write_chunks) -> None:  # type: ignore[no-untyped-def]
    reference = Rwkv7Reference(weights)
    expected = np.stack([reference.forward(token) for token in TOKENS])
    assert np.abs(expected).max() > 5  # the comparison means something
    np.testing.assert_allclose(run_chain(write_chunks(1)), expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("chunks", [2, 3])
def test_chunks_give_the_same_bits_as_the_whole(write_chunks, chunks: int) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_array_equal(run_chain(write_chunks(chunks)), run_chain(write_chunks(1)))


def test_an_external_embedding_gives_the_same_bits(weights: WeightFolder, write_chunks) -> None:  # type: ignore[no-untyped-def]
    graphs = write_chunks(2, "--ext-embedding")
    assert not (graphs[0].parent / "embedding.safetensors").exists()
    chain, table = CpuChain(graphs), weights.read("emb.weight")
    logits = np.stack([chain.logits({"embedding": table[token : token + 1]}) for token in TOKENS])
    np.testing.assert_array_equal(logits, run_chain(write_chunks(1)))


def test_inputs_and_outputs_have_the_names_that_the_runtime_looks_for(write_chunks) -> None:  # type: ignore[no-untyped-def]
    graphs = [onnx.load_model(path, load_external_data=False).graph for path in write_chunks(3)]
    states = [[f"state{layer}_{part}" for part in ("att_shift", "wkv", "ffn_shift")] for layer in range(3)]
    shared = ["hidden_in", "v_first_in"]
    for graph, first, last, layer in zip(
        graphs,
        (["token"], shared, shared),
        (["hidden_out", "v_first_out"], ["hidden_out"], ["logits"]),
        states,
        strict=True,
    ):
        assert graph.name == "rwkv_decode"
        assert sorted(names(graph.input)) == sorted(first + [f"{name}_in" for name in layer])
        assert sorted(names(graph.output)) == sorted(last + [f"{name}_out" for name in layer])


def test_a_chunk_is_the_same_graph_in_whatever_number_of_chunks(write_chunks) -> None:  # type: ignore[no-untyped-def]
    whole, parts = (
        [onnx.load_model(path, load_external_data=False).graph.node for path in write_chunks(chunks)]
        for chunks in (1, 3)
    )
    passed_on = {"hidden_out", "v_first_out"}
    outputs = [name for nodes in parts for node in nodes for name in node.output if name not in passed_on]
    assert outputs == [name for node in whole[0] for name in node.output]


def test_a_chunk_has_only_its_own_weights(write_chunks) -> None:  # type: ignore[no-untyped-def]
    folder = write_chunks(3)[1].parent
    assert sorted(path.name for path in folder.iterdir()) == [
        "block-01.safetensors",
        "config.json",
        "graph.onnx",
    ]


@pytest.mark.parametrize(("chunk", "chunks"), [(1, 4), (0, 2), (3, 2), (1, 0)])
def test_chunks_that_do_not_exist_are_refused(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path, chunk: int, chunks: int
) -> None:
    arguments = ["--weights", weights.path, "--chunk", str(chunk), "--chunks", str(chunks)]
    done = run_tool("export-onnx/write_graph.py", *arguments, "--output", tmp_path / "graph")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {weights.path}: ")
    assert "\nhint: ask for " in done.stderr


def test_a_single_row_is_computed_by_heads_between_linears(write_chunks) -> None:  # type: ignore[no-untyped-def]
    graph = shape_inference.infer_shapes(onnx.load_model(write_chunks(1)[0], load_external_data=False)).graph
    shapes = {
        item.name: [axis.dim_value for axis in item.type.tensor_type.shape.dim] for item in graph.value_info
    }
    row = shapes["blocks.0.att.key"]
    assert row[0] == 1
    flat = {
        node.output[0].split("att.")[1]
        for node in graph.node
        if ".att." in node.name and node.op_type not in {"Gemm", "Reshape"} and shapes[node.output[0]] == row
    }
    assert flat == {"residual"}
