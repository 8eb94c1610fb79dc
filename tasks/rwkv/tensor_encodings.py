"""How tensors become codes: value = scale · (code + offset), codes from 0 to 2^bits − 1.

Files of them are in AIMET's format, see `aimet_format`. Keys are names that do not depend on chunks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import Float32Array

# A state going in and coming out; of a prefill, each token's and the one's before.
STATE = re.compile(r"(state\d+_\w+)_(?:in|out|rows|earlier|before)")
OF_BLOCKS = "att.blocks."
DEEP_EMBEDDING = re.compile(r"deep_embedding(\d+)")
PASSED = re.compile(r"(\w+)_(in|out)")
ACTIVATION_BITS = 16
DIGITS = 6  # significant ones: what different CPUs' last bits do must not change a file
LEAST_WIDTH = 1e-6


@dataclass(frozen=True)
class Range:
    """Both ends are inclusive."""

    low: float
    high: float


@dataclass(frozen=True)
class TensorEncoding:
    """One scale and offset for the whole tensor, or one for each index of its first axis."""

    bits: int
    symmetric: bool
    scales: Float32Array
    offsets: NDArray[np.int64]

    @classmethod
    def of_range(cls, found: Range, bits: int = ACTIVATION_BITS) -> Self:
        """Asymmetric; the range is widened so that 0 has a code of its own."""
        low, high = min(rounded(found.low), 0.0), max(rounded(found.high), 0.0)
        scale = np.float32(max(high - low, LEAST_WIDTH) / (2**bits - 1))
        offset = round(low / float(scale))
        return cls(bits, False, np.array([scale], np.float32), np.array([offset], np.int64))

    @classmethod
    def of_channels(cls, scales: Float32Array, bits: int) -> Self:
        """Symmetric around 0, a scale for each channel: what weights have."""
        offsets = np.full(len(scales), -(2 ** (bits - 1)), np.int64)
        return cls(bits, True, scales.astype(np.float32), offsets)

    @property
    def range(self) -> Range:
        """The least and the largest value that has a code (of a tensor with one scale)."""
        scale, offset = float(self.scales[0]), int(self.offsets[0])
        return Range(scale * offset, scale * (offset + 2**self.bits - 1))


@dataclass(frozen=True)
class Encodings:
    """Of activations and of weights; `own` when this program calibrated them, so that they may be widened."""

    activations: Mapping[str, TensorEncoding]
    weights: Mapping[str, TensorEncoding] = field(default_factory=dict)
    own: bool = True


def encoding_key(tensor: str, first_layer: int, last_layer: int) -> str:
    """The key of a tensor of a chunk that has the layers `first_layer` … `last_layer`−1.

    It is the tensor's name but for the ends of the chunk: a state has the same key going in and coming out,
    and what a chunk takes from an earlier one has the key that it has there. What blocks of tokens give has
    the key of what steps give.
    """
    if state := STATE.fullmatch(tensor):
        return f"{state[1]}_out"
    if OF_BLOCKS in tensor:
        return tensor.replace(OF_BLOCKS, "att.")
    if tensor == "embedding":
        return "emb"
    if deep := DEEP_EMBEDDING.fullmatch(tensor):
        return f"blocks.{deep[1]}.ffn.deep.row"
    if passed := PASSED.fullmatch(tensor):
        name, end = passed.groups()
        layer = first_layer - 1 if end == "in" else last_layer - 1
        return f"blocks.{layer}.{name}" if name == "hidden" else name
    return tensor


def rounded(value: float) -> float:
    """To six significant digits."""
    return float(f"{value:.{DIGITS}g}")
