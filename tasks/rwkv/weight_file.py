"""A checkpoint in whatever container: tensors by name, asked for with the shape they must have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from rwkv.number_formats import Float32Array
from rwkv.safetensors_reader import SafetensorsFile
from rwkv.safetensors_shards import INDEX_SUFFIX, SafetensorsShards
from rwkv.tool_failure import InputError
from rwkv.torch_checkpoint import TorchCheckpoint


class TensorContainer(Protocol):
    """What a reader of a file format offers."""

    def names(self) -> list[str]: ...

    def shape(self, name: str) -> tuple[int, ...]: ...

    def read(self, name: str) -> Float32Array: ...

    def read_rows(self, name: str, first: int, last: int) -> Float32Array: ...


class WeightFile:
    """Tensors of one file. Vectors that were saved as [1, 1, C] count as [C]."""

    def __init__(self, path: Path, container: TensorContainer) -> None:
        self.path = path
        self._container = container
        self._names = frozenset(container.names())

    def names(self) -> frozenset[str]:
        """All tensors' names."""
        return self._names

    def shape(self, name: str) -> tuple[int, ...]:
        """The tensor's shape without leading ones; raises `InputError` when there is no such tensor."""
        self.require(name)
        return without_leading_ones(self._container.shape(name))

    def read(self, name: str, shape: tuple[int, ...]) -> Float32Array:
        """The tensor as fp32; raises `InputError` when it is missing, has another shape or is not finite."""
        self.require_shape(name, shape)
        return self.finite(name, self._container.read(name).reshape(shape))

    def read_rows(self, name: str, shape: tuple[int, int], rows: int) -> Iterator[Float32Array]:
        """The matrix in pieces of so many rows: a big one is never whole in memory. Raises as `read`."""
        self.require_shape(name, shape)
        for first in range(0, shape[0], rows):
            piece = self._container.read_rows(name, first, first + rows)
            yield self.finite(name, piece.reshape(-1, shape[1]))

    def finite(self, name: str, tensor: Float32Array) -> Float32Array:
        """The tensor; raises `InputError` when something in it is not finite."""
        if np.isfinite(tensor).all():
            return tensor
        raise InputError(
            self.path,
            f"{name} holds values that are not finite",
            "the training run diverged; take another",
        )

    def require_shape(self, name: str, shape: tuple[int, ...]) -> None:
        """Raises `InputError` when the tensor is missing or has another shape; reads no data."""
        if self.shape(name) != without_leading_ones(shape):
            raise InputError(
                self.path,
                f"{name} has the shape {list(self._container.shape(name))}, expected {list(shape)}",
                "the file is of another model or was edited; take the checkpoint as its author published it",
            )

    def require(self, name: str) -> None:
        """Raises `InputError`, with the name that comes nearest, when there is no such tensor."""
        if name in self._names:
            return
        near = difflib.get_close_matches(name, self._names, 1, 0)
        nearest = f"; the nearest name is {near[0]}" if near else "; the file holds no tensors"
        raise InputError(
            self.path,
            f"the tensor {name} is missing{nearest}",
            "the file is incomplete; take all of the checkpoint",
        )


def open_weight_file(path: Path) -> WeightFile:
    """Open an index of `.safetensors` files, or one such file or a `.pth`, told apart by what is in it."""
    if path.name.endswith(INDEX_SUFFIX):
        return WeightFile(path, SafetensorsShards(path))
    with path.open("rb") as file:
        start = file.read(9)
    # A safetensors header is JSON after its u64 length; a zip or a bare pickle has no brace there.
    if start[8:9] == b"{" or path.suffix == ".safetensors":
        return WeightFile(path, SafetensorsFile(path))
    return WeightFile(path, TorchCheckpoint(path))


def without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """[1, 1, C] is how RWKV saves a vector: it becomes [C]. Matrices with one row stay matrices."""
    return shape[2:] if len(shape) == 3 and shape[:2] == (1, 1) else shape
