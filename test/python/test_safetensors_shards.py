"""Checkpoints in several files, by their index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import RunTool
from container_writers import write_safetensors_file
from rwkv.tool_failure import InputError
from rwkv.weight_file import open_weight_file
from synthetic_weights import make_rwkv7

INDEX = "model.safetensors.index.json"


def write_shards(folder: Path) -> dict[str, str]:
    """The small RWKV-7 in two files and an index; returns which file has which tensor."""
    tensors = dict(make_rwkv7())
    names = list(tensors)
    halves = {
        "model-1.safetensors": names[: len(names) // 2],
        "model-2.safetensors": names[len(names) // 2 :],
    }
    for file, held in halves.items():
        write_safetensors_file(folder / file, {name: tensors[name] for name in held})
    weight_map = {name: file for file, held in halves.items() for name in held}
    write_index(folder, weight_map)
    return weight_map


def write_index(folder: Path, weight_map: object) -> None:
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        open_weight_file(folder / INDEX)
    return str(caught.value)


def test_shards_give_the_same_folder_as_one_file(run_tool: RunTool, tmp_path: Path) -> None:
    write_shards(tmp_path)
    write_safetensors_file(tmp_path / "whole.safetensors", dict(make_rwkv7()))
    for source, output in ((INDEX, "from-shards"), ("whole.safetensors", "from-whole")):
        done = run_tool(
            "export-onnx/write_weights.py", "--weights", tmp_path / source, "--output", tmp_path / output
        )
        assert done.returncode == 0, done.stderr
    files = sorted(path.name for path in (tmp_path / "from-whole").iterdir())
    assert files
    for name in files:
        left, right = (tmp_path / folder / name for folder in ("from-shards", "from-whole"))
        assert left.read_bytes() == right.read_bytes(), name


def test_rows_of_a_shard_are_those_of_its_tensor(tmp_path: Path) -> None:
    write_shards(tmp_path)
    weights = open_weight_file(tmp_path / INDEX)
    shape = weights.shape("emb.weight")
    pieces = list(weights.read_rows("emb.weight", (shape[0], shape[1]), 100))
    assert len(pieces) == 3
    np.testing.assert_array_equal(np.concatenate(pieces), weights.read("emb.weight", shape))


def test_a_shard_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_shards(tmp_path)
    (tmp_path / "model-2.safetensors").unlink()
    assert "model-2.safetensors, which is not beside it" in refusal(tmp_path)


def test_a_truncated_shard_is_named(tmp_path: Path) -> None:
    write_shards(tmp_path)
    path = tmp_path / "model-2.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    message = refusal(tmp_path)
    assert "model-2.safetensors" in message
    assert "truncated" in message


def test_an_index_that_says_what_its_files_do_not_bear_out_is_refused(tmp_path: Path) -> None:
    weight_map = write_shards(tmp_path)
    write_index(tmp_path, {**weight_map, "emb.weight": "model-2.safetensors"})
    assert "says that emb.weight is in model-2.safetensors, which does not have it" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["../model-1.safetensors", "/etc/passwd", "..", "", 7, None])
def test_a_file_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: object) -> None:
    weight_map = write_shards(tmp_path)
    write_index(tmp_path, {**weight_map, "emb.weight": name})
    assert "which is no file name" in refusal(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": {}}', "\xff", "[" * 9999]
)
def test_what_is_no_index_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text, encoding="latin-1")
    assert INDEX in refusal(tmp_path)


def test_a_tensor_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    write_shards(tmp_path)
    (tmp_path / INDEX).write_text('{"weight_map": {"a": "model-1.safetensors", "a": "model-2.safetensors"}}')
    assert "'a' is twice in it" in refusal(tmp_path)
