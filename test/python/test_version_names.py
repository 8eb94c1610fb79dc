from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from container_writers import write_safetensors_file
from rwkv.arch_registry import arch_of_version
from rwkv.tool_failure import InputError
from rwkv.version_names import recognise_version
from rwkv.weight_file import open_weight_file

Shapes = dict[str, tuple[int, ...]]
ATT = "blocks.0.att."
V5: Shapes = {f"{ATT}time_mix_k": (1, 1, 8), f"{ATT}ln_x.weight": (8,), f"{ATT}time_decay": (2,)}
V7: Shapes = {f"{ATT}r_k": (2, 4), f"{ATT}w0": (1, 1, 8)}
TABLE: list[tuple[str, Shapes]] = [
    ("4", {f"{ATT}time_decay": (8,), f"{ATT}time_first": (8,)}),
    ("5.0", V5),
    ("5.1", V5 | {f"{ATT}gate.weight": (8, 8)}),
    ("5.1", V5 | {f"{ATT}gate.weight": (8, 8), f"{ATT}time_decay": (2, 1)}),
    ("5.2", V5 | {f"{ATT}gate.weight": (8, 8), f"{ATT}time_decay": (2, 4)}),
    ("6", V5 | {f"{ATT}gate.weight": (8, 8), f"{ATT}time_maa_x": (1, 1, 8)}),
    ("7", V7),
    ("7a", V7 | {"blocks.0.ffn.s_emb.weight": (16, 8)}),
    ("7b", V7 | {"blocks.0.ffn.s_emb.weight": (16, 8), "blocks.0.qkv.qq.weight": (8, 8)}),
]


def write_empty_model(path: Path, shapes: Shapes) -> None:
    write_safetensors_file(path, {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})


@pytest.mark.parametrize(("version", "shapes"), TABLE)
def test_versions_are_recognised_by_tensor_names(version: str, shapes: Shapes, tmp_path: Path) -> None:
    write_empty_model(tmp_path / "RWKV-x999.safetensors", shapes)
    assert recognise_version(open_weight_file(tmp_path / "RWKV-x999.safetensors")) == version


def test_something_else_is_not_recognised(tmp_path: Path) -> None:
    write_empty_model(tmp_path / "RWKV-7.safetensors", {"model.layers.0.mlp.weight": (2, 2)})
    with pytest.raises(InputError, match="not recognised as any RWKV"):
        recognise_version(open_weight_file(tmp_path / "RWKV-7.safetensors"))


@pytest.mark.parametrize("version", ["4", "5.0", "7b"])
def test_versions_that_cannot_be_built_are_refused_in_words(version: str) -> None:
    with pytest.raises(InputError, match=f"recognised as RWKV v{version}, which cannot be built"):
        arch_of_version("model.pth", version)
