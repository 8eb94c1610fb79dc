"""Codes of a linear's weight [out, in]: signed, symmetric, one scale an output channel.

weight ≈ scale · code, with codes from −128 to 127 (8 bits) or −8 to 7 (4 bits).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rwkv.number_formats import Float32Array

# Factors of the largest scale that are tried, from the whole range of a row down to 30 % of it.
SEARCHED = np.linspace(1.0, 0.3, 71, dtype=np.float32)


@dataclass(frozen=True)
class Codes:
    """`values` int8 [out, in]; `scales` fp32 [out]."""

    values: NDArray[np.int8]
    scales: Float32Array
    bits: int


def largest_code(bits: int) -> int:
    """The codes are −largest − 1 … largest."""
    return int(2 ** (bits - 1) - 1)


def range_scales(weight: Float32Array, bits: int) -> Float32Array:
    """min-max: each row's largest value has the largest code."""
    scales = np.abs(weight).max(1).astype(np.float32) / np.float32(largest_code(bits))
    return np.where(scales > 0, scales, np.float32(1))  # a row of zeros has any scale


def searched_scales(weight: Float32Array, bits: int, importance: Float32Array | None = None) -> Float32Array:
    """mse: of the scales that are tried, each row's with the least Σ importance·(weight − scale·code)².

    `importance` [in] weighs the columns; without it they all count the same.
    """
    widest = range_scales(weight, bits)
    best = np.full(len(weight), np.inf)
    scales = widest.copy()
    for factor in SEARCHED:
        tried = widest * factor
        errors = np.square(weight - rounded(weight, tried, bits) * tried[:, None])
        sums = errors.sum(1) if importance is None else errors @ importance
        better = sums < best
        best, scales = np.where(better, sums, best), np.where(better, tried, scales)
    return scales


def rounded(weight: Float32Array, scales: Float32Array, bits: int) -> Float32Array:
    """The nearest codes, as floats."""
    largest = largest_code(bits)
    codes: Float32Array = np.clip(np.rint(weight / scales[:, None]), -largest - 1, largest)
    return codes


def nearest_codes(weight: Float32Array, scales: Float32Array, bits: int) -> Codes:
    """Each weight's nearest code."""
    return Codes(rounded(weight, scales, bits).astype(np.int8), scales, bits)


def packed(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """4-bit codes [out, in] two a byte [out, in/2], the first in the low half, as ONNX stores INT4."""
    halves = codes.astype(np.uint8) & np.uint8(15)
    return halves[:, 0::2] | (halves[:, 1::2] << np.uint8(4))
