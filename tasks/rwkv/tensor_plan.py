"""What a weights folder will hold: each stored tensor, the checkpoint's tensor it is made from, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rwkv.number_formats import Float32Array
from rwkv.weight_file import WeightFile


def unchanged(tensor: Float32Array) -> Float32Array:
    """Stored as it is in the checkpoint."""
    return tensor


def transposed(tensor: Float32Array) -> Float32Array:
    """[in, out] -> [out, in], the order that every linear of the graph uses."""
    return tensor.T


@dataclass(frozen=True)
class PlannedTensor:
    """`shape` is that of the stored tensor, `source_shape` that of the checkpoint's tensor `source`."""

    name: str
    shape: tuple[int, ...]
    source: str
    source_shape: tuple[int, ...]
    transform: Callable[[Float32Array], Float32Array]

    def check(self, weights: WeightFile) -> None:
        """Raises `InputError` when the source is missing or has another shape; reads no data."""
        weights.require_shape(self.source, self.source_shape)

    def make(self, weights: WeightFile) -> Float32Array:
        """The stored tensor; raises `InputError` as `WeightFile.read` does."""
        return self.transform(weights.read(self.source, self.source_shape))


def copied(name: str, shape: tuple[int, ...]) -> PlannedTensor:
    """A tensor that keeps its name, shape and values."""
    return PlannedTensor(name, shape, name, shape, unchanged)


def turned(name: str, source_shape: tuple[int, int]) -> PlannedTensor:
    """A matrix that keeps its name and is stored transposed."""
    return PlannedTensor(name, (source_shape[1], source_shape[0]), name, source_shape, transposed)


def divided(name: str, shape: tuple[int, ...], divisor: float) -> PlannedTensor:
    """A tensor that keeps its name and is stored divided by a power of two, which loses nothing."""
    factor = np.float32(1 / divisor)
    return PlannedTensor(name, shape, name, shape, lambda tensor: tensor * factor)
