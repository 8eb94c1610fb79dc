from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from container_writers import write_safetensors_file
from rwkv.cpu_chain import CpuChain
from rwkv.synthetic_checkpoint import ModelSizes
from rwkv.tuned_state import graph_wkv
from rwkv.weight_folder import WeightFolder
from synthetic_weights import Tensors
from version_models import make_tensors, reference_logits, write_graphs, write_weights

SIZES = ModelSizes(layers=3, embd=32, head_size=16, vocab=256)
TOKENS = [0, *b"From a tuned state."]


def make_tuned(version: str) -> Tensors:
    tensors, random = make_tensors(version, SIZES), np.random.default_rng(1)
    for layer in range(SIZES.layers):
        state = random.standard_normal((2, 16, 16)).astype(np.float32)
        tensors[f"blocks.{layer}.att.time_state"] = state
    return tensors


@pytest.fixture(scope="module", params=["5.2", "6", "7"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def weights(version: str, run_tool: RunTool, tmp_path_factory: pytest.TempPathFactory) -> WeightFolder:
    return write_weights(make_tuned(version), tmp_path_factory.mktemp("tuned"), run_tool)


def test_the_reference_starts_from_it(
    version: str, weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    zeros = write_weights(make_tensors(version, SIZES), tmp_path, run_tool)
    assert np.abs(reference_logits(weights, TOKENS) - reference_logits(zeros, TOKENS)).max() > 0.1


def test_graphs_that_start_from_the_written_state_equal_the_reference(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    file = tmp_path / "initial-state.f32"
    done = run_tool("export-onnx/write_state.py", "--weights", weights.path, "--output", file)
    assert done.returncode == 0, done.stderr
    layers = np.fromfile(file, "<f4").reshape(SIZES.layers, 2, 16, 16)
    states = {f"state{layer}_wkv_in": values for layer, values in enumerate(layers)}
    chain = CpuChain(write_graphs(weights, tmp_path / "graphs", 2), states)
    logits = np.stack([chain.logits({"token": np.array([token], np.int32)}) for token in TOKENS])
    np.testing.assert_allclose(logits, reference_logits(weights, TOKENS), rtol=0, atol=1e-4)


def test_v5_and_v6_read_it_with_keys_and_values_swapped_and_the_graph_an_eighth(
    version: str, weights: WeightFolder
) -> None:
    saved = make_tuned(version)["blocks.1.att.time_state"]
    swapped = saved if version == "7" else saved.transpose(0, 2, 1)
    np.testing.assert_array_equal(weights.read("blocks.1.att.time_state"), swapped)
    np.testing.assert_array_equal(graph_wkv(weights, 1), swapped / (1 if version == "7" else 8))


def test_a_model_without_one_gets_an_empty_file(run_tool: RunTool, tmp_path: Path) -> None:
    weights = write_weights(make_tensors("6", SIZES), tmp_path, run_tool)
    file = tmp_path / "initial-state.f32"
    done = run_tool("export-onnx/write_state.py", "--weights", weights.path, "--output", file)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == b""


def test_a_layer_without_one_where_another_has_one_is_an_error(
    version: str, run_tool: RunTool, tmp_path: Path
) -> None:
    tensors = make_tuned(version)
    del tensors["blocks.1.att.time_state"]
    write_safetensors_file(tmp_path / "half.safetensors", dict(tensors))
    arguments = ["--weights", tmp_path / "half.safetensors", "--output", tmp_path / "out"]
    done = run_tool("export-onnx/write_weights.py", *arguments)
    assert done.returncode == 1
    assert "the tensor blocks.1.att.time_state is missing" in done.stderr


def split_tensors(version: str, folder: Path) -> tuple[Path, Path]:
    """The model and its states in two files, as they are published."""
    tensors = make_tuned(version)
    states = {name: tensor for name, tensor in tensors.items() if name.endswith("time_state")}
    write_safetensors_file(folder / "tuned.safetensors", dict(states))
    write_safetensors_file(
        folder / "model.safetensors", {name: tensors[name] for name in tensors.keys() - states.keys()}
    )
    return folder / "model.safetensors", folder / "tuned.safetensors"


def test_a_state_in_a_file_of_its_own_is_the_same(
    version: str, weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    model, states = split_tensors(version, tmp_path)
    arguments = ["--weights", model, "--state", states, "--output", tmp_path / "weights"]
    done = run_tool("export-onnx/write_weights.py", *arguments)
    assert done.returncode == 0, done.stderr
    file = "block-01.safetensors"
    assert (tmp_path / "weights" / file).read_bytes() == (weights.path / file).read_bytes()


def test_a_file_that_holds_more_than_states_or_those_of_another_model_is_refused_by_its_name(
    run_tool: RunTool, tmp_path: Path
) -> None:
    model, _ = split_tensors("6", tmp_path)
    write_safetensors_file(
        tmp_path / "small.safetensors", {"blocks.0.att.time_state": np.zeros((2, 8, 8), np.float32)}
    )
    for file, words in {
        model: "which is no state",
        tmp_path
        / "small.safetensors": "blocks.0.att.time_state has the shape [2, 8, 8], expected [2, 16, 16]",
    }.items():
        arguments = ["--weights", model, "--state", file, "--output", tmp_path / "out"]
        done = run_tool("export-onnx/write_weights.py", *arguments)
        assert done.returncode == 1
        assert f"error: {file}: " in done.stderr and words in done.stderr
