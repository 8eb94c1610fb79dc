from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from container_writers import write_safetensors_file
from rwkv.weight_folder import WeightFolder
from synthetic_weights import Tensors, make_rwkv7


def convert(run_tool: RunTool, tensors: Tensors, folder: Path, *options: str) -> str:
    """What the tool says on stderr about the tensors."""
    write_safetensors_file(folder / "model.safetensors", dict(tensors))
    arguments = ["--weights", folder / "model.safetensors", "--output", folder / "out", *options]
    done = run_tool("export-onnx/write_weights.py", *arguments)
    assert done.returncode == (1 if "error: " in done.stderr else 0)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def test_the_configuration_is_read_off_the_shapes(weights: WeightFolder) -> None:
    config = json.loads((weights.path / "config.json").read_text())
    assert config == {
        "arch": "rwkv7",
        "embd": 32,
        "ffn": 128,
        "format": 1,
        "group_norm_eps": 64e-5,
        "head_size": 16,
        "heads": 2,
        "layer_norm_eps": 1e-5,
        "layers": 3,
        "layers_per_halving": 0,
        "tuned_state": False,
        "ranks": {"decay": 8, "gate": 12, "rate": 8, "value": 4},
        "vocab": 256,
        "wkv_divisor": 1.0,
    }


def test_ln0_is_folded_into_the_embedding(weights: WeightFolder) -> None:
    tensors = make_rwkv7()
    row = tensors["emb.weight"][65].astype(np.float64)
    row = (row - row.mean()) / np.sqrt(row.var() + 1e-5)
    expected = row * tensors["blocks.0.ln0.weight"] + tensors["blocks.0.ln0.bias"]
    np.testing.assert_allclose(weights.read("emb.weight")[65], expected, rtol=1e-6, atol=1e-7)


def test_low_rank_matrices_are_stored_as_linears(weights: WeightFolder) -> None:
    tensors = make_rwkv7()
    np.testing.assert_array_equal(weights.read("blocks.1.att.g1"), tensors["blocks.1.att.g1"].T)
    np.testing.assert_array_equal(weights.read("blocks.1.att.k_a"), tensors["blocks.1.att.k_a"][0, 0])


def test_the_embedding_is_written_raw_for_the_runtime(
    weights: WeightFolder, run_tool: RunTool, tmp_path: Path
) -> None:
    output = tmp_path / "embedding.f32"
    assert (
        run_tool("export-onnx/write_embedding.py", "--weights", weights.path, "--output", output).returncode
        == 0
    )
    np.testing.assert_array_equal(np.fromfile(output, "<f4").reshape(256, 32), weights.read("emb.weight"))


def test_the_group_norm_eps_can_be_set(run_tool: RunTool, tmp_path: Path) -> None:
    convert(run_tool, make_rwkv7(layers=1), tmp_path, "--group-norm-eps", "1e-5")
    assert WeightFolder(tmp_path / "out").config.group_norm_eps == 1e-5


def test_a_model_of_one_layer_has_no_value_rank(run_tool: RunTool, tmp_path: Path) -> None:
    convert(run_tool, make_rwkv7(layers=1), tmp_path)
    assert WeightFolder(tmp_path / "out").config.ranks["value"] == 0


def test_a_missing_tensor_is_named_with_the_nearest_present_one(run_tool: RunTool, tmp_path: Path) -> None:
    tensors = make_rwkv7()
    tensors["blocks.2.att.keys.weight"] = tensors.pop("blocks.2.att.key.weight")
    said = convert(run_tool, tensors, tmp_path)
    assert f"error: {tmp_path / 'model.safetensors'}: the tensor blocks.2.att.key.weight is missing" in said
    assert "the nearest name is blocks.2.att.keys.weight" in said
    assert said.count("\n") == 2 and "\nhint: " in said
    assert not (tmp_path / "out").exists()


def test_a_wrong_shape_is_named_with_the_expected_one(run_tool: RunTool, tmp_path: Path) -> None:
    tensors = make_rwkv7()
    tensors["blocks.1.ffn.value.weight"] = tensors["blocks.1.ffn.value.weight"][:, :-1].copy()
    said = convert(run_tool, tensors, tmp_path)
    assert "blocks.1.ffn.value.weight has the shape [32, 127], expected [32, 128]" in said


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(run_tool: RunTool, tmp_path: Path, value: float) -> None:
    tensors = make_rwkv7()
    tensors["blocks.1.ffn.value.weight"][3, 4] = value
    assert "blocks.1.ffn.value.weight holds values that are not finite" in convert(
        run_tool, tensors, tmp_path
    )


def test_a_file_that_is_not_there_is_an_error_with_a_hint(run_tool: RunTool, tmp_path: Path) -> None:
    done = run_tool(
        "export-onnx/write_weights.py", "--weights", tmp_path / "no.pth", "--output", tmp_path / "o"
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path / 'no.pth'}: No such file or directory\nhint: ")


def test_tensors_that_are_not_used_are_mentioned(run_tool: RunTool, tmp_path: Path) -> None:
    tensors = make_rwkv7(layers=1)
    tensors["blocks.0.att.something"] = np.zeros((2, 16, 16), np.float32)
    said = convert(run_tool, tensors, tmp_path)
    assert "not used: blocks.0.att.something, blocks.0.att.v0, blocks.0.att.v1 …" in said
