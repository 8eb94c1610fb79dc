"""The weights of one layer as a precision stores them: a `.safetensors` file beside the layer's own.

Under a weight's name: its halves (F16), its 8-bit codes (I8), or its 4-bit codes two a byte (U8, half as
many columns), with the scales of the rows as `<name>.scales`. An embedding table of integers is U16, with one
scale and `<name>.zero_point`. Weights that stay as they are, are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto

from rwkv.external_tensors import FilePart
from rwkv.number_formats import Float32Array
from rwkv.part_names import SCALES, ZERO_POINT
from rwkv.safetensors_reader import SafetensorsFile

ELEMENTS: dict[str, int] = {
    "F16": TensorProto.FLOAT16,
    "I8": TensorProto.INT8,
    "U8": TensorProto.INT4,
    "U16": TensorProto.UINT16,
}
BITS: dict[int, int] = {TensorProto.INT8: 8, TensorProto.INT4: 4}


@dataclass(frozen=True)
class StoredWeight:
    """`shape` is the weight's own; `part` is where its codes are."""

    element: int
    shape: tuple[int, ...]
    part: FilePart
    scales: Float32Array
    zero_point: int

    @property
    def bits(self) -> int:
        """How many a code has."""
        return BITS[self.element]


class WeightParts:
    """The stored weights of some layers, by name."""

    def __init__(self, files: list[Path]) -> None:
        """The files are opened; raises `InputError` when one is damaged."""
        self.files = files
        self._stored: dict[str, StoredWeight] = {}
        for path in files:
            self._stored |= stored_weights(path)

    def find(self, name: str) -> StoredWeight | None:
        """A weight that is stored otherwise than it was."""
        return self._stored.get(name)

    def names(self) -> list[str]:
        """All of them."""
        return sorted(self._stored)


def stored_weights(path: Path) -> dict[str, StoredWeight]:
    """What a file holds."""
    file = SafetensorsFile(path)
    names = set(file.names())
    found = {}
    for name in sorted(names):
        if name.removesuffix(f".{SCALES}") in names - {name} or name.endswith(f".{ZERO_POINT}"):
            continue
        element = ELEMENTS[file.format_name(name)]
        rows, *columns = file.shape(name)
        if element == TensorProto.INT4:
            columns = [2 * column for column in columns]
        scales = file.read(f"{name}.{SCALES}") if f"{name}.{SCALES}" in names else np.ones(1, np.float32)
        zero_point = f"{name}.{ZERO_POINT}"
        zero = int(file.read(zero_point)[0]) if zero_point in names else 0
        part = FilePart(path.name, file.offset(name), file.size(name))
        found[name] = StoredWeight(element, (rows, *columns), part, scales, zero)
    return found
