"""The floating point formats that weights are stored in, and how each becomes fp32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

# Of a large tensor, how many values a stage has in its hands at a time: 4 MB, which the processor keeps near.
VALUES_AT_ONCE = 1 << 20

Float32Array: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class NumberFormat:
    """A little-endian element type; `widen` turns its raw elements into fp32 without changing a value."""

    name: str
    raw: np.dtype[np.generic]
    widen: Callable[[NDArray[np.generic]], Float32Array]

    @property
    def size(self) -> int:
        """Bytes an element."""
        return self.raw.itemsize


def widen_bf16(raw: NDArray[np.generic]) -> Float32Array:
    """bf16 is the upper half of an fp32: shift it up."""
    return (raw.astype(np.uint32) << np.uint32(16)).view(np.float32)


def widen_ieee(raw: NDArray[np.generic]) -> Float32Array:
    """fp16 and fp32 are numpy's own."""
    return raw.astype(np.float32)


FP32 = NumberFormat("fp32", np.dtype("<f4"), widen_ieee)
FP16 = NumberFormat("fp16", np.dtype("<f2"), widen_ieee)
BF16 = NumberFormat("bf16", np.dtype("<u2"), widen_bf16)
