from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from rwkv.synthetic_checkpoint import ModelSizes
from version_models import make_tensors, write_weights

SIZES = ModelSizes(layers=2, embd=32, head_size=16, vocab=256)


def test_one_decay_a_head_is_stored_for_each_channel(run_tool: RunTool, tmp_path: Path) -> None:
    tensors = make_tensors("5.1", SIZES)
    weights = write_weights(tensors, tmp_path, run_tool)
    assert (weights.config.heads, weights.config.head_size) == (2, 16)
    decays = np.exp(-np.exp(tensors["blocks.1.att.time_decay"]))
    np.testing.assert_allclose(weights.read("blocks.1.att.decay"), np.repeat(decays, 16).reshape(2, 16), 1e-6)


def test_decays_saved_as_a_column_are_the_same(run_tool: RunTool, tmp_path: Path) -> None:
    tensors = make_tensors("5.1", SIZES)
    column = {
        name: tensor[:, None] if name.endswith(("time_decay", "time_faaaa")) else tensor
        for name, tensor in tensors.items()
    }
    vector, matrix = (
        write_weights(given, tmp_path / str(index), run_tool) for index, given in enumerate((tensors, column))
    )
    for name in ("blocks.1.att.decay", "blocks.1.att.time_faaaa"):
        np.testing.assert_array_equal(vector.read(name), matrix.read(name))


def test_time_first_is_the_logarithm_of_the_bonus(run_tool: RunTool, tmp_path: Path) -> None:
    tensors = make_tensors("5.2", SIZES)
    for layer in range(2):
        tensors[f"blocks.{layer}.att.time_first"] = tensors.pop(f"blocks.{layer}.att.time_faaaa")
    weights = write_weights(tensors, tmp_path, run_tool)
    expected = np.exp(tensors["blocks.1.att.time_first"])
    np.testing.assert_array_equal(weights.read("blocks.1.att.time_faaaa"), expected)


@pytest.mark.parametrize("eps", ["1e-5", "64e-5"])
def test_the_eps_of_the_heads_norm_is_what_was_asked_for(run_tool: RunTool, tmp_path: Path, eps: str) -> None:
    weights = write_weights(make_tensors("5.2", SIZES), tmp_path, run_tool, "--group-norm-eps", eps)
    assert weights.config.group_norm_eps == float(eps)
