"""Writes `.safetensors` files, fp32 or fp16, one tensor at a time, the same bytes each time.

The data begin at a multiple of 64 bytes (the header is padded with spaces, as the format allows), so that an
ONNX graph can point straight into the file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from rwkv.number_formats import FP16, FP32, Float32Array, NumberFormat

ALIGNMENT = 64
LENGTH_FIELD = 8


FORMAT_NAMES = {FP32.name: "F32", FP16.name: "F16"}


def write_safetensors(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    tensors: Iterable[Float32Array],
    stored: NumberFormat = FP32,
) -> None:
    """Write `tensors`, which come in the order of `shapes`; only one is in memory at a time.

    A tensor may be given in pieces along its first axis: the pieces' bytes just have to add up to its shape.
    """
    header: dict[str, dict[str, object]] = {}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + math.prod(shape) * stored.size
        header[name] = {
            "dtype": FORMAT_NAMES[stored.name],
            "shape": list(shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(LENGTH_FIELD + len(text)) % ALIGNMENT)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(LENGTH_FIELD, "little"))
        file.write(text)
        written = 0
        for tensor in tensors:
            written += file.write(np.ascontiguousarray(tensor, stored.raw).data)
    if written != end:
        raise ValueError(f"{path.name}: {written} bytes written for tensors of {end} bytes")
