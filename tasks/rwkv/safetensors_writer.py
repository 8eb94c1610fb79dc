"""Writes `.safetensors` files, one tensor at a time, the same bytes each time.

The data begin at a multiple of 64 bytes (the header is padded with spaces, as the format allows), so that an
ONNX graph can point straight into the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import FP16, FP32, Float32Array, NumberFormat

ALIGNMENT = 64
LENGTH_FIELD = 8
ELEMENTS = {"F32": "<f4", "F16": "<f2", "I8": "i1", "U8": "u1", "U16": "<u2"}
Element: TypeAlias = str
Shape: TypeAlias = tuple[int, ...]


FORMAT_NAMES = {FP32.name: "F32", FP16.name: "F16"}


def write_safetensors(
    path: Path,
    shapes: Mapping[str, Shape],
    tensors: Iterable[Float32Array],
    stored: NumberFormat = FP32,
) -> None:
    """Write `tensors`, which come in the order of `shapes`; only one is in memory at a time.

    A tensor may be given in pieces along its first axis: the pieces' bytes just have to add up to its shape.
    """
    elements = {name: (FORMAT_NAMES[stored.name], shape) for name, shape in shapes.items()}
    write_elements(path, elements, (np.ascontiguousarray(tensor, stored.raw) for tensor in tensors))


def write_elements(
    path: Path, elements: Mapping[str, tuple[Element, Shape]], tensors: Iterable[NDArray[np.generic]]
) -> None:
    """Write tensors of any element type that the format has, in the order of `elements`."""
    header: dict[str, dict[str, object]] = {}
    end = 0
    for name, (element, shape) in elements.items():
        begin, end = end, end + math.prod(shape) * np.dtype(ELEMENTS[element]).itemsize
        header[name] = {"dtype": element, "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(LENGTH_FIELD + len(text)) % ALIGNMENT)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(LENGTH_FIELD, "little"))
        file.write(text)
        written = 0
        for tensor in tensors:
            written += file.write(np.ascontiguousarray(tensor).data)
    if written != end:
        raise ValueError(f"{path.name}: {written} bytes written for tensors of {end} bytes")
