"""ONNX initializers whose values are in files beside the model (location, offset, length)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from rwkv.number_formats import FP32, VALUES_AT_ONCE, Float32Array


@dataclass(frozen=True)
class FilePart:
    """Bytes of a file beside the model."""

    file: str
    offset: int
    length: int


def external_tensor(name: str, element: int, shape: Sequence[int], part: FilePart) -> onnx.TensorProto:
    """An initializer whose values are that part of a file."""
    tensor = TensorProto(name=name, data_type=element, dims=list(shape), data_location=TensorProto.EXTERNAL)
    fields = {"location": part.file, "offset": str(part.offset), "length": str(part.length)}
    for key, value in fields.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def is_external(tensor: onnx.TensorProto) -> bool:
    """Whether the values are in a file."""
    return tensor.data_location == TensorProto.EXTERNAL


def external_file(tensor: onnx.TensorProto) -> str:
    """The name of the file that the values are in."""
    return str(next(entry.value for entry in tensor.external_data if entry.key == "location"))


def read_external(tensor: onnx.TensorProto, folder: Path) -> Float32Array:
    """The values of an fp32 initializer, in its shape."""
    fields = {entry.key: entry.value for entry in tensor.external_data}
    path = folder / fields["location"]
    values = np.fromfile(path, FP32.raw, math.prod(tensor.dims), offset=int(fields["offset"]))
    return values.reshape(tensor.dims)


def external_pieces(tensor: onnx.TensorProto, folder: Path) -> Iterator[Float32Array]:
    """The same values one after the other, some at a time."""
    fields = {entry.key: entry.value for entry in tensor.external_data}
    path, offset = folder / fields["location"], int(fields["offset"])
    count = math.prod(tensor.dims)
    for first in range(0, count, VALUES_AT_ONCE):
        taken = min(VALUES_AT_ONCE, count - first)
        yield np.fromfile(path, FP32.raw, taken, offset=offset + first * FP32.size)
