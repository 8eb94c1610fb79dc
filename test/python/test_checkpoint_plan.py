"""Whatever tensor of whatever version is missing or has another shape: one error that names it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rwkv.checkpoint_plan import plan_checkpoint
from rwkv.number_formats import Float32Array
from rwkv.synthetic_checkpoint import ModelSizes
from rwkv.synthetic_checkpoint import plan_checkpoint as plan_synthetic
from rwkv.tool_failure import InputError
from rwkv.weight_file import WeightFile
from version_models import VERSIONS

SIZES = ModelSizes(layers=2, embd=64, head_size=32, vocab=256)
Shapes = dict[str, tuple[int, ...]]
# The first layer of an RWKV-7 never uses these.
UNUSED = {f"blocks.0.att.v{index}" for index in range(3)}
# Which tensors there are tells the version: without one of these it is another, or none.
MARKS = {"blocks.0.att.r_k", "blocks.0.att.gate.weight", "blocks.0.att.time_maa_x"}
MARKS |= {"blocks.0.att.time_decay", "blocks.0.att.ln_x.weight", "blocks.0.ffn.s_emb.weight"}


class ShapesOnly:
    """A container whose data nobody may read."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def names(self) -> list[str]:
        return list(self._shapes)

    def shape(self, name: str) -> tuple[int, ...]:
        return self._shapes[name]

    def read(self, name: str) -> Float32Array:
        raise AssertionError(f"{name} was read while shapes were checked")

    def read_rows(self, name: str, _first: int, _last: int) -> Float32Array:
        return self.read(name)


def shapes_of(version: str) -> Shapes:
    return {tensor.name: tensor.shape for tensor in plan_synthetic(version, SIZES)}


def check(shapes: Shapes) -> None:
    plan_checkpoint(WeightFile(Path("model.pth"), ShapesOnly(shapes)), None)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_whole_checkpoint_is_taken(version: str) -> None:
    check(shapes_of(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_each_tensor_that_is_missing_is_named(version: str) -> None:
    whole = shapes_of(version)
    for name in whole.keys() - UNUSED - MARKS:
        with pytest.raises(InputError) as raised:
            check({other: shape for other, shape in whole.items() if other != name})
        assert f"the tensor {name} is missing" in raised.value.cause, name
        assert raised.value.file == "model.pth" and raised.value.hint


@pytest.mark.parametrize("version", VERSIONS)
def test_each_tensor_of_another_shape_is_refused(version: str) -> None:
    whole = shapes_of(version)
    for name, shape in whole.items():
        for other in ((*shape[:-1], shape[-1] + 1), (*shape, 2), (shape[0] + 1, *shape[1:]), ()):
            if name in UNUSED or other == shape:
                continue
            with pytest.raises(InputError) as raised:
                check(whole | {name: other})
            assert raised.value.hint, name


@pytest.mark.parametrize("version", VERSIONS)
def test_a_layer_that_is_missing_is_noticed(version: str) -> None:
    whole = shapes_of(version)
    renumbered = {name.replace("blocks.1.", "blocks.2."): shape for name, shape in whole.items()}
    with pytest.raises(InputError, match=r"the tensor blocks\.1\."):
        check(renumbered)


def test_marks_that_are_missing_never_end_in_a_crash() -> None:
    for version in VERSIONS:
        whole = shapes_of(version)
        for name in MARKS & whole.keys():
            with pytest.raises(InputError):
                check({other: shape for other, shape in whole.items() if other != name})


def test_numbers_are_not_read_to_check_shapes() -> None:
    assert np.prod(shapes_of("7a")["blocks.1.ffn.s_emb.weight"]) > 0
    check(shapes_of("7a"))
