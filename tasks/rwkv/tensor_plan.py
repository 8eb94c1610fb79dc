"""What a weights folder will hold: each stored tensor, the checkpoint's tensor it is made from, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rwkv.number_formats import VALUES_AT_ONCE, Float32Array
from rwkv.weight_file import WeightFile


def unchanged(tensor: Float32Array) -> Float32Array:
    """Stored as it is in the checkpoint."""
    return tensor


def transposed(tensor: Float32Array) -> Float32Array:
    """[in, out] -> [out, in], the order that every linear of the graph uses."""
    return tensor.T


class StoredTensor(Protocol):
    """A tensor of a weights folder: its name and shape there, and how it is made from a checkpoint."""

    @property
    def name(self) -> str:
        """In the weights folder."""

    @property
    def shape(self) -> tuple[int, ...]:
        """In the weights folder."""

    def sources(self) -> list[str]:
        """The checkpoint's tensors that it is made of."""

    def check(self, weights: WeightFile) -> None:
        """Raises `InputError` when a source is missing or has another shape; reads no data."""

    def pieces(self, weights: WeightFile) -> Iterator[Float32Array]:
        """Its values, at once or some rows at a time; raises `InputError` as `WeightFile.read` does."""


@dataclass(frozen=True)
class PlannedTensor:
    """Made of one: `shape` is that of the stored tensor, `source_shape` that of the checkpoint's `source`."""

    name: str
    shape: tuple[int, ...]
    source: str
    source_shape: tuple[int, ...]
    transform: Callable[[Float32Array], Float32Array]

    def sources(self) -> list[str]:
        """The one."""
        return [self.source]

    def check(self, weights: WeightFile) -> None:
        """Raises `InputError` when the source is missing or has another shape; reads no data."""
        weights.require_shape(self.source, self.source_shape)

    def pieces(self, weights: WeightFile) -> Iterator[Float32Array]:
        """The stored tensor, a big matrix that keeps its values in pieces of rows; raises as `make`."""
        if len(self.shape) == 2 and self.transform is unchanged:
            rows = max(1, VALUES_AT_ONCE // self.shape[1])
            yield from weights.read_rows(self.source, (self.shape[0], self.shape[1]), rows)
        else:
            yield self.make(weights)

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
